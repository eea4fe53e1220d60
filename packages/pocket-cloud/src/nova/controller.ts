import { mkdir, readdir } from 'node:fs/promises';
import { errorMessage, type Logger } from '@matryoshka/system';
import { createMachines, type MachineRoot, type Machines } from '../engine/lxc/index.ts';
import { named } from '../faults/index.ts';
import { imageById, imageDataFile, imageRootfs } from '../glance/index.ts';
import type { ServiceContext } from '../service.ts';
import { timestamp } from '../store/index.ts';
import { createWorkQueue } from '../tasks/work-queue.ts';
import type { ServerNetworking } from './networking.ts';
import { type FlavorRow, type PendingChange, type ServerRow, serverById, updateServer } from './rows.ts';
import { bootVolume, createServerDisks } from './server-disks.ts';
import type { ServerVolumes } from './volumes.ts';

const stopGraceMs = 30_000;
/** A volume to be detached that something in the server has mounted: look again. */
const heldDiskMs = 1000;

export interface ServerController {
  readonly machines: Machines;
  /** The row changed: bring the machine to it. */
  changed(serverId: string): void;
  start(): Promise<void>;
  stop(): Promise<void>;
}

/** Brings machines to what their rows want. Looks at row and machine each time, so that it may be repeated from any point. */
export function createServerController(
  context: ServiceContext,
  networking: ServerNetworking,
  volumes: ServerVolumes,
): ServerController {
  const { store, paths, faults } = context;
  const log: Logger = context.log.child({ part: 'servers' });
  const machines = createMachines(paths.servers, networking.network.switchNamespace);
  const serverDisks = createServerDisks(machines, volumes, (id) => {
    const name = serverById(store, id)?.name ?? '';
    return faults.meet('detach-hangs', named(name)) !== undefined;
  });
  /** Servers that wait for their turn or have it: what they are is not yet what they shall be. */
  const due = new Set<string>();
  let timer: NodeJS.Timeout | undefined;

  const hasPort = (row: ServerRow, portId: string): boolean =>
    networking.portsOfDevice(row.id).some(({ id }) => id === portId);
  /** What fails for a port that is detached meanwhile is nobody's business any more. */
  const whileAttached = async (row: ServerRow, portId: string, work: Promise<void>): Promise<void> =>
    await work.catch((error: unknown) => {
      if (hasPort(row, portId)) throw error;
    });
  /** The server's ports when their networks stand. */
  const readyPorts = async (row: ServerRow): Promise<ReturnType<ServerNetworking['portsOfDevice']>> => {
    const ports = networking.portsOfDevice(row.id);
    await Promise.all(ports.map(async ({ id }) => await whileAttached(row, id, networking.network.prepare(id))));
    return networking.portsOfDevice(row.id);
  };

  const rootOf = async (row: ServerRow): Promise<MachineRoot> => {
    const boot = bootVolume(volumes, row.id);
    if (boot !== undefined) return { kind: 'device', device: (await volumes.device(boot.volumeId)).path };
    const image = imageById(store, row.image_id);
    if (image === undefined) throw new Error(`Image ${row.image_id} could not be found.`);
    const properties = JSON.parse(image.properties) as Record<string, string>;
    return {
      kind: 'image',
      imageFile: imageDataFile(paths.images, image.id),
      rootfs: imageRootfs(paths.images, image.id),
      plainDirs: (properties.pocket_plain_dirs ?? '')
        .split(',')
        .filter((dir) => /^\/[\w./-]+$/.test(dir) && !dir.includes('..')),
    };
  };

  const startMachine = async (row: ServerRow): Promise<void> => {
    const building = row.launched_at === null;
    if (building && volumes.ofServer(row.id).length > 0)
      updateServer(store, row.id, { task_state: 'block_device_mapping' });
    const fault = building ? faults.meet('server-error', named(row.name)) : undefined;
    if (fault !== undefined) throw new Error(fault.message);
    await serverDisks.ready(row.id);
    const root = await rootOf(row);
    updateServer(store, row.id, { task_state: building ? 'networking' : 'powering-on' });
    const ports = await readyPorts(row);
    updateServer(store, row.id, { task_state: building ? 'spawning' : 'powering-on' });
    const flavor = JSON.parse(row.flavor) as FlavorRow;
    await machines.ensureStarted({
      id: row.id,
      hostname: row.hostname,
      root,
      disks: await serverDisks.wanted(row.id),
      vcpus: flavor.vcpus,
      memoryMb: flavor.ram,
      nics: ports.map((port) => networking.network.plugInfo(port.id)),
    });
  };

  /** Answers whether a disk that should go is still held. */
  const toRunning = async (row: ServerRow): Promise<boolean> => {
    const running = await machines.isRunning(row.id);
    if (row.reboot !== 0 && running) await machines.stop(row.id, row.reboot === 1 ? stopGraceMs : 0);
    if (!running || row.reboot !== 0) await startMachine(row);
    else {
      const ports = await readyPorts(row);
      await machines.plug(
        row.id,
        ports.map((port) => networking.network.plugInfo(port.id)),
      );
    }
    for (const { id } of networking.portsOfDevice(row.id))
      await whileAttached(row, id, networking.network.afterServerStarted(id));
    const held = await serverDisks.sync(row.id);
    await machines.freeze(row.id, row.frozen !== 0);
    store.transaction(() => {
      const now = serverById(store, row.id);
      if (now === undefined) return;
      updateServer(store, row.id, { launched_at: now.launched_at ?? timestamp() });
      // Asked for something else meanwhile: the next look brings that about and says so.
      if (isOvertaken(row, now)) return;
      store.run('update server set task_state = null, reboot = 0 where id = ?', row.id);
      updateServer(store, row.id, { status: settled(now, 'ACTIVE') });
    });
    return held;
  };

  /** Makes a change that needs the machine at rest; what the row then wants is brought about as always. */
  const change = async (row: ServerRow, pending: PendingChange): Promise<void> => {
    await machines.stop(row.id, pending.kind === 'rebuild' ? 0 : stopGraceMs);
    if (pending.kind === 'rebuild') await machines.wipe(row.id);
    store.transaction(() => {
      store.run('update server set pending = null where id = ?', row.id);
      if (pending.kind === 'rebuild') updateServer(store, row.id, { image_id: pending.imageId });
      if (pending.kind === 'resize')
        updateServer(store, row.id, { flavor: JSON.stringify(pending.flavor), old_flavor: row.flavor });
      if (pending.kind === 'revert' && row.old_flavor !== null) {
        updateServer(store, row.id, { flavor: row.old_flavor });
        store.run('update server set old_flavor = null where id = ?', row.id);
      }
    });
  };

  const isOvertaken = (before: ServerRow, now: ServerRow): boolean =>
    before.desired !== now.desired ||
    before.reboot !== now.reboot ||
    before.frozen !== now.frozen ||
    before.pending !== now.pending;

  /** A resized server waits for its owner's judgement, whatever else it is. */
  const settled = (row: ServerRow, status: 'ACTIVE' | 'SHUTOFF'): ServerRow['status'] => {
    if (row.old_flavor !== null) return 'VERIFY_RESIZE';
    if (status === 'ACTIVE' && row.frozen !== 0) return row.frozen === 1 ? 'PAUSED' : 'SUSPENDED';
    return status;
  };

  const toStopped = async (row: ServerRow): Promise<void> => {
    await machines.stop(row.id, row.status === 'SHUTOFF' ? 0 : stopGraceMs);
    for (const port of networking.portsOfDevice(row.id)) await networking.network.afterServerStopped(port.id);
    await serverDisks.sync(row.id);
    const now = serverById(store, row.id);
    if (now === undefined || isOvertaken(row, now)) return;
    store.run('update server set task_state = null, reboot = 0 where id = ?', row.id);
    updateServer(store, row.id, { status: settled(now, 'SHUTOFF') });
  };

  const toDeleted = async (row: ServerRow): Promise<void> => {
    await machines.remove(row.id);
    for (const port of networking.portsOfDevice(row.id)) await networking.network.afterServerStopped(port.id);
    await networking.unbindOrDeletePorts(row.id);
    await serverDisks.letGo(row.id);
    store.run('delete from server where id = ?', row.id);
  };

  const failBuild = (row: ServerRow, error: unknown): void => {
    log.warn({ server: row.id, err: error }, 'server could not be started');
    const fault = {
      code: 500,
      created: timestamp(),
      message: errorMessage(error).slice(0, 255),
      details: errorMessage(error),
    };
    store.run('update server set task_state = null, reboot = 0 where id = ?', row.id);
    updateServer(store, row.id, { status: 'ERROR', fault: JSON.stringify(fault) });
  };

  const queue = createWorkQueue({
    name: 'servers',
    log,
    concurrency: 3,
    reconcile: async (id) => {
      let row = serverById(store, id);
      if (row === undefined) return undefined;
      let held = false;
      try {
        if (row.pending !== null && row.desired !== 'deleted') {
          await change(row, JSON.parse(row.pending) as PendingChange);
          row = serverById(store, id) ?? row;
        }
        if (row.desired === 'deleted') await toDeleted(row);
        else if (row.desired === 'stopped') await toStopped(row);
        else if (row.status !== 'ERROR')
          held = await toRunning(row).catch(async (error: unknown) => {
            const now = serverById(store, id);
            // Deleted meanwhile: the next look removes what was built.
            if (now?.desired !== 'running') return false;
            // What could not be attached to a machine that runs is no reason to give the machine up: it is tried again.
            if (now.launched_at !== null && (await machines.isRunning(id))) throw error;
            failBuild(now, error);
            return false;
          });
      } finally {
        due.delete(id);
      }
      return held ? { againAfterMs: heldDiskMs } : undefined;
    },
  });

  /** A machine that its own system shut down is SHUTOFF, as Nova's power state synchronisation would find. */
  const syncPower = async (): Promise<void> => {
    const candidates = store.all<ServerRow>(
      "select * from server where status = 'ACTIVE' and desired = 'running' and reboot = 0",
    );
    if (candidates.length === 0) return;
    const running = await machines.running();
    for (const row of candidates) {
      if (running.has(row.id) || due.has(row.id) || (await machines.isRunning(row.id))) continue;
      updateServer(store, row.id, { desired: 'stopped', status: 'SHUTOFF' });
      queue.enqueue(row.id);
    }
  };

  const changed = (id: string): void => {
    due.add(id);
    queue.enqueue(id);
  };

  return {
    machines,
    changed,
    start: async () => {
      await mkdir(paths.servers, { recursive: true });
      const rows = store.all<ServerRow>('select * from server');
      const known = new Set(rows.map((row) => row.id));
      for (const name of await readdir(paths.servers))
        if (!known.has(name))
          await machines
            .remove(name)
            .catch((error: unknown) => log.error({ server: name, err: error }, 'stale machine'));
      for (const row of rows) changed(row.id);
      timer = setInterval(() => {
        syncPower().catch((error: unknown) => log.warn({ err: error }, 'power states unknown'));
      }, 5000);
    },
    stop: async () => {
      clearInterval(timer);
      await queue.stop();
    },
  };
}
