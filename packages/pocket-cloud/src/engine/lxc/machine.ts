import { randomBytes } from 'node:crypto';
import { mkdir, open, readdir, readFile, rm, rmdir, stat, truncate } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { hasErrnoCode, readFileIfExists, run, sleep, TypedError, waitFor, writeFileAtomic } from '@matryoshka/system';
import { removeLink } from '../network/index.ts';
import { applyDisks, diskInUse, disksHook, type MachineDisk, writeDisks } from './disks.ts';
import { plugMissing } from './plug.ts';

export interface MachineNic {
  readonly bridge: string;
  readonly tapName: string;
  readonly mac: string;
  readonly mtu: number;
}

/** What a machine boots from: an image below a layer of its own, or a filesystem on a block device. */
export type MachineRoot =
  | {
      readonly kind: 'image';
      readonly imageFile: string;
      readonly rootfs: string;
      /** Directories of the image that must not lie on overlayfs, each gets a plain copy. */
      readonly plainDirs: readonly string[];
    }
  | { readonly kind: 'device'; readonly device: string };

/** A system container: one server. */
export interface MachineSpec {
  readonly id: string;
  readonly hostname: string;
  readonly root: MachineRoot;
  readonly disks: readonly MachineDisk[];
  readonly vcpus: number;
  readonly memoryMb: number;
  readonly nics: readonly MachineNic[];
}

const SETTLE_TIMEOUT_MS = 20_000;

const plainName = (directory: string): string => directory.replace(/^\//, '').replaceAll('/', '-');

/** Where the filesystem of a machine's root device is mounted. */
const rootMount = (directory: string): string => join(directory, 'root');

const plugFile = (directory: string, index: number): string => join(directory, `plug-${index}`);

/** What LXC runs in the switch's namespace when it has made an interface, also at a reboot from inside: puts it on its bridge. */
function plugScript(nic: MachineNic): string {
  return [
    '#!/bin/sh -e',
    'PATH=/usr/sbin:/usr/bin:/sbin:/bin',
    `exec ip link set ${nic.tapName} mtu ${nic.mtu} master ${nic.bridge} up`,
    '',
  ].join('\n');
}

/** lxc.container.conf(5). Everything a nested container runtime needs is allowed: a machine is no security boundary. */
export function machineConfig(spec: MachineSpec, directory: string, cgroup: 'v1' | 'v2'): string {
  const limits =
    cgroup === 'v1'
      ? [
          `lxc.cgroup.memory.limit_in_bytes = ${spec.memoryMb}M`,
          `lxc.cgroup.cpu.cfs_quota_us = ${spec.vcpus * 100_000}`,
          'lxc.cgroup.devices.allow = a',
        ]
      : [
          `lxc.cgroup2.memory.max = ${spec.memoryMb}M`,
          `lxc.cgroup2.cpu.max = ${spec.vcpus * 100_000} 100000`,
          'lxc.cgroup2.devices.allow = a',
        ];
  const nics = spec.nics.flatMap((nic, index) => [
    `lxc.net.${index}.type = veth`,
    // Not lxc.net.link: LXC looks for the bridge in /sys, which shows the host's interfaces and not those of the switch.
    `lxc.net.${index}.script.up = ${plugFile(directory, index)}`,
    `lxc.net.${index}.veth.pair = ${nic.tapName}`,
    `lxc.net.${index}.hwaddr = ${nic.mac}`,
    `lxc.net.${index}.mtu = ${nic.mtu}`,
    `lxc.net.${index}.name = eth${index}`,
    `lxc.net.${index}.flags = up`,
  ]);
  const lines = [
    spec.root.kind === 'image'
      ? `lxc.rootfs.path = overlay:${spec.root.rootfs}:${join(directory, 'upper')}`
      : `lxc.rootfs.path = dir:${rootMount(directory)}`,
    `lxc.hook.autodev = ${disksHook(directory)}`,
    `lxc.uts.name = ${spec.hostname}`,
    'lxc.arch = amd64',
    'lxc.mount.auto = proc:rw sys:rw cgroup:rw:force',
    'lxc.autodev = 1',
    'lxc.tty.max = 0',
    'lxc.pty.max = 1024',
    'lxc.cap.drop =',
    'lxc.apparmor.profile = unconfined',
    'lxc.signal.halt = SIGRTMIN+3',
    // What Nova's own LXC driver sets: cloud-init recognises OpenStack by it.
    'lxc.environment = product_name=OpenStack Nova',
    `lxc.console.logfile = ${join(directory, 'console.log')}`,
    'lxc.console.size = 1MB',
    ...limits,
    ...(spec.root.kind === 'image' ? spec.root.plainDirs : []).map(
      (dir) =>
        `lxc.mount.entry = ${join(directory, 'plain', plainName(dir))} ${dir.replace(/^\//, '')} none bind,create=dir 0 0`,
    ),
    ...nics,
  ];
  return `${lines.map((line) => line.replace('amd64', process.arch === 'arm64' ? 'arm64' : 'amd64')).join('\n')}\n`;
}

/**
 * A name beside the target to build it under. A name of its own each time: after a crash the former builder may still be running, and two of them
 * must not write into one directory. What former ones left is removed.
 */
async function freshPart(target: string): Promise<string> {
  const start = `${basename(target)}.part-`;
  for (const name of await readdir(dirname(target)).catch(() => []))
    if (name.startsWith(start)) await rm(join(dirname(target), name), { recursive: true, force: true, maxRetries: 5 });
  return join(dirname(target), `${start}${randomBytes(6).toString('hex')}`);
}

/** Unpacks a squashfs once; a crash in between leaves nothing that looks whole. Throws TypedError `image_unusable` for other data. */
export async function unpackImage(file: string, rootfs: string): Promise<void> {
  if ((await stat(rootfs).catch(() => undefined)) !== undefined) return;
  const head = Buffer.alloc(4);
  const handle = await open(file, 'r');
  await handle.read(head, 0, 4, 0);
  await handle.close();
  if (head.toString('latin1') !== 'hsqs')
    throw new TypedError('the image is not a squashfs of a root filesystem, the only kind pocket cloud can boot', {
      code: 'image_unusable',
      actor: 'user',
      next: 'Upload a squashfs with disk_format raw and container_format bare.',
    });
  const temporary = await freshPart(rootfs);
  await run(['nice', '-n', '5', 'unsquashfs', '-no-progress', '-d', temporary, file], { timeoutMs: 15 * 60_000 });
  await run(['mv', '-T', temporary, rootfs]);
}

export interface Machines {
  ensureStarted(spec: MachineSpec): Promise<void>;
  isRunning(id: string): Promise<boolean>;
  running(): Promise<ReadonlySet<string>>;
  /** Gives a running machine the interfaces it lacks. */
  plug(id: string, nics: readonly MachineNic[]): Promise<void>;
  /** Makes the block devices of a machine, running or not, those of the list. */
  setDisks(id: string, disks: readonly MachineDisk[]): Promise<void>;
  /** Whether something in the machine has mounted the disk. */
  diskInUse(id: string, serial: string): Promise<boolean>;
  /** Takes an interface away, from a running machine or from where a killed one left it. */
  unplug(tapName: string): Promise<void>;
  stop(id: string, graceMs: number): Promise<void>;
  /** Halts every process of a running machine, or lets them go on. */
  freeze(id: string, frozen: boolean): Promise<void>;
  /** Takes what a stopped machine wrote on the disk of its image. */
  wipe(id: string): Promise<void>;
  /** Ends every process, removes mounts, cgroups and files; harmless when there is nothing. */
  remove(id: string): Promise<void>;
  console(id: string, lines: number | undefined): Promise<string>;
}

/**
 * The machines below one directory. LXC's command sockets are abstract Unix sockets, which belong to a network namespace: every lxc program must
 * run where the monitors were started, else running machines look stopped.
 */
export function createMachines(directory: string, switchNamespace: string): Machines {
  const enter: readonly [string, ...string[]] = ['nsenter', `--net=/run/netns/${switchNamespace}`, '--'];
  const lxc = (program: string, id: string, ...args: string[]): [string, ...string[]] => [
    ...enter,
    program,
    '-P',
    directory,
    '-n',
    id,
    ...args,
  ];
  const unpacking = new Map<string, Promise<void>>();
  const unpackOnce = async (file: string, rootfs: string): Promise<void> => {
    const known = unpacking.get(rootfs) ?? unpackImage(file, rootfs).finally(() => unpacking.delete(rootfs));
    unpacking.set(rootfs, known);
    await known;
  };
  const stateOf = async (id: string): Promise<string> =>
    (await run(lxc('lxc-info', id, '-s', '-H'), { okCodes: 'any', timeoutMs: 20_000 })).stdout.trim() || 'STOPPED';
  const initPid = async (id: string): Promise<string> =>
    (await run(lxc('lxc-info', id, '-p', '-H'), { okCodes: 'any', timeoutMs: 20_000 })).stdout.trim();
  // A start or stop that was under way when the cloud's process was killed goes on by itself: its end counts.
  const isRunning = async (id: string): Promise<boolean> => {
    let state = 'STOPPED';
    const settled = async (): Promise<boolean> => {
      state = await stateOf(id);
      return !['STARTING', 'STOPPING', 'ABORTING'].includes(state);
    };
    await waitFor(settled, { timeoutMs: SETTLE_TIMEOUT_MS, intervalMs: 100 });
    return state !== 'STOPPED';
  };
  const stop = async (id: string, graceMs: number): Promise<void> => {
    if (await isRunning(id)) {
      // Frozen processes hear no signal.
      await run(lxc('lxc-unfreeze', id), { okCodes: 'any', timeoutMs: 30_000 });
      const kill = graceMs === 0 ? ['-k'] : ['-t', String(Math.ceil(graceMs / 1000))];
      await run(lxc('lxc-stop', id, ...kill), { okCodes: 'any', timeoutMs: graceMs + 30_000 });
    }
    await endProcesses(id);
    await unmountBelow(rootMount(join(directory, id)));
  };
  return {
    isRunning,
    running: async () => {
      const { stdout } = await run([...enter, 'lxc-ls', '-P', directory, '--active', '-1'], {
        okCodes: 'any',
        timeoutMs: 20_000,
      });
      return new Set(
        stdout
          .split('\n')
          .map((line) => line.trim())
          .filter((line) => line !== ''),
      );
    },
    plug: async (id, nics) => {
      const pid = await initPid(id);
      if (pid !== '') await plugMissing(switchNamespace, pid, nics);
    },
    setDisks: async (id, disks) => {
      await mkdir(join(directory, id), { recursive: true });
      await writeDisks(join(directory, id), disks);
      const pid = await initPid(id);
      if (pid !== '') await applyDisks(join(directory, id), pid);
    },
    diskInUse: async (id, serial) => {
      const pid = await initPid(id);
      return pid !== '' && (await diskInUse(join(directory, id), pid, serial));
    },
    unplug: async (tapName) => await removeLink(switchNamespace, tapName),
    ensureStarted: async (spec) => {
      const own = join(directory, spec.id);
      if (await isRunning(spec.id)) return;
      await endProcesses(spec.id);
      await mkdir(join(own, 'upper'), { recursive: true });
      if (spec.root.kind === 'image') {
        const { imageFile, rootfs, plainDirs } = spec.root;
        await unpackOnce(imageFile, rootfs);
        for (const dir of plainDirs) await copyPlain(join(rootfs, dir), join(own, 'plain', plainName(dir)));
      } else await mountRoot(spec.root.device, rootMount(own));
      await writeDisks(own, spec.disks);
      const cgroup = (await readFileIfExists('/sys/fs/cgroup/cgroup.controllers')) === undefined ? 'v1' : 'v2';
      for (const [index, nic] of spec.nics.entries()) {
        // LXC refuses a name that a former machine's end left behind.
        await removeLink(switchNamespace, nic.tapName);
        await writeFileAtomic(plugFile(own, index), plugScript(nic), 0o755);
      }
      await writeFileAtomic(join(own, 'config'), machineConfig(spec, own, cgroup));
      await run([...lxc('lxc-start', spec.id, '-d', '-l', 'WARN', '-o', join(own, 'lxc.log'))], {
        timeoutMs: 60_000,
      }).catch(async (error: unknown) => {
        const log = (await readFileIfExists(join(own, 'lxc.log'))) ?? '';
        const reasons = log
          .split('\n')
          .filter((line) => line.includes(' ERROR '))
          // The cause comes first, then what it led to.
          .slice(0, 4)
          .join('\n');
        await truncate(join(own, 'lxc.log')).catch(() => undefined);
        throw new TypedError(`the container did not start: ${reasons || String(error)}`, {
          code: 'machine_start',
          cause: error,
        });
      });
    },
    stop,
    freeze: async (id, frozen) => {
      const state = await stateOf(id);
      if (state === 'STOPPED' || (state === 'FROZEN') === frozen) return;
      await run(lxc(frozen ? 'lxc-freeze' : 'lxc-unfreeze', id), { timeoutMs: 30_000 });
    },
    wipe: async (id) => {
      const own = join(directory, id);
      await unmountBelow(own);
      for (const part of ['upper', 'plain', 'console.log']) await rm(join(own, part), { recursive: true, force: true });
    },
    remove: async (id) => {
      await stop(id, 0);
      const own = join(directory, id);
      await unmountBelow(own);
      await rm(own, { recursive: true, force: true });
    },
    console: async (id, lines) => {
      const text = await readFile(join(directory, id, 'console.log'), 'utf8').catch((error: unknown) => {
        if (hasErrnoCode(error, 'ENOENT')) return '';
        throw error;
      });
      if (lines === undefined || lines < 0) return text;
      return text
        .split('\n')
        .slice(-lines - 1)
        .join('\n');
    },
  };
}

/** Grows the filesystem to its device, as cloud-init does with a root disk, and mounts it. */
async function mountRoot(device: string, mount: string): Promise<void> {
  await unmountBelow(mount);
  await mkdir(mount, { recursive: true });
  await run(['e2fsck', '-p', '-f', device], { okCodes: [0, 1], timeoutMs: 10 * 60_000 });
  await run(['resize2fs', device], { timeoutMs: 10 * 60_000 });
  await run(['mount', device, mount]);
}

async function copyPlain(from: string, to: string): Promise<void> {
  if ((await stat(to).catch(() => undefined)) !== undefined) return;
  await mkdir(dirname(to), { recursive: true });
  const temporary = await freshPart(to);
  if ((await stat(from).catch(() => undefined)) === undefined) await mkdir(temporary, { recursive: true });
  else await run(['cp', '-a', '--reflink=auto', from, temporary], { timeoutMs: 10 * 60_000 });
  await run(['mv', '-T', temporary, to]);
}

/** cgroup directories of one container in every hierarchy; LXC names them after the container. */
async function cgroupsOf(id: string): Promise<readonly string[]> {
  const base = '/sys/fs/cgroup';
  const v2 = (await readFileIfExists(join(base, 'cgroup.controllers'))) !== undefined;
  const roots = v2 ? [base] : (await readdir(base)).map((name) => join(base, name));
  const found: string[] = [];
  for (const root of roots)
    for (const entry of await readdir(root).catch(() => []))
      if (entry.startsWith('lxc.') && entry.includes(id)) found.push(join(root, entry));
  return found;
}

async function below(directory: string): Promise<string[]> {
  const entries = await readdir(directory, { withFileTypes: true }).catch(() => []);
  const children = await Promise.all(
    entries.filter((entry) => entry.isDirectory()).map((entry) => below(join(directory, entry.name))),
  );
  return [...children.flat(), directory];
}

/** Kills what is left in the container's cgroups (also the monitor), then removes those. */
async function endProcesses(id: string): Promise<void> {
  const processes = async (): Promise<number[]> => {
    const groups = (await Promise.all((await cgroupsOf(id)).map(below))).flat();
    const texts = await Promise.all(
      groups.map(async (group) => (await readFileIfExists(join(group, 'cgroup.procs')).catch(() => '')) ?? ''),
    );
    return [
      ...new Set(
        texts
          .flatMap((text) => text.split('\n'))
          .filter((line) => line !== '')
          .map(Number),
      ),
    ];
  };
  const gone = await waitFor(
    async () => {
      const pids = await processes();
      for (const pid of pids)
        try {
          process.kill(pid, 'SIGKILL');
        } catch (error) {
          if (!hasErrnoCode(error, 'ESRCH')) throw error;
        }
      return pids.length === 0;
    },
    { timeoutMs: 20_000, intervalMs: 50 },
  );
  if (!gone)
    throw new TypedError(`processes of machine ${id} do not end`, {
      code: 'machine_stuck',
      details: { pids: await processes() },
    });
  for (let attempt = 0; attempt < 3; attempt += 1) {
    const groups = (await Promise.all((await cgroupsOf(id)).map(below))).flat();
    if (groups.length === 0) return;
    for (const group of groups) await rmdir(group).catch(() => undefined);
    await sleep(50);
  }
}

async function unmountBelow(directory: string): Promise<void> {
  const mounts = (await readFile('/proc/self/mountinfo', 'utf8')).split('\n').map((line) => line.split(' ')[4] ?? '');
  for (const mount of mounts.filter((path) => path === directory || path.startsWith(`${directory}/`)).toReversed())
    await run(['umount', '-l', mount], { okCodes: 'any' });
}

/** LXC's own empty cgroup stays behind the last container; goes only when no container of anybody is left. */
export async function removePivotCgroups(): Promise<void> {
  const base = '/sys/fs/cgroup';
  const roots = [base, ...(await readdir(base)).map((name) => join(base, name))];
  const entries = (await Promise.all(roots.map((root) => readdir(root).catch(() => [])))).flat();
  if (entries.some((name) => name.startsWith('lxc.payload.') || name.startsWith('lxc.monitor.'))) return;
  for (const root of roots) await rmdir(join(root, 'lxc.pivot')).catch(() => undefined);
}
