import { sleep } from '@matryoshka/system';
import type { MachineDisk, Machines } from '../engine/lxc/index.ts';
import type { ServerVolume, ServerVolumes } from './volumes.ts';

/** The disk a server boots from, when that is a volume. */
const bootDevice = 'vda';

const pollMs = 200;

export const bootVolume = (volumes: ServerVolumes, serverId: string): ServerVolume | undefined =>
  volumes.ofServer(serverId).find((volume) => volume.device === bootDevice);

export interface ServerDisks {
  /** Waits until every volume of a server is made. Throws when one cannot be. */
  ready(serverId: string): Promise<void>;
  /** The block devices that the server shall see. */
  wanted(serverId: string): Promise<readonly MachineDisk[]>;
  /** Attaches what waits for it and detaches what shall go and is not mounted; answers whether some of it still is. */
  sync(serverId: string): Promise<boolean>;
  /** Ends every attachment: the machine is gone. */
  letGo(serverId: string): Promise<void>;
}

/** `hangs` = a test wants that this server lets go of nothing. */
export function createServerDisks(
  machines: Machines,
  volumes: ServerVolumes,
  hangs: (serverId: string) => boolean,
): ServerDisks {
  const diskOf = async (volume: ServerVolume): Promise<MachineDisk> => {
    const { major, minor } = await volumes.device(volume.volumeId);
    return { name: volume.device, serial: volume.volumeId, major, minor };
  };
  const disksOf = async (list: readonly ServerVolume[]): Promise<readonly MachineDisk[]> => {
    const disks: MachineDisk[] = [];
    for (const volume of list)
      if (volume.device !== bootDevice && volumes.readiness(volume.volumeId) === 'ready')
        disks.push(await diskOf(volume));
    return disks;
  };
  return {
    ready: async (serverId) => {
      for (const volume of volumes.ofServer(serverId))
        for (;;) {
          const state = volumes.readiness(volume.volumeId);
          if (state === 'ready') break;
          if (state === 'failed')
            throw new Error(
              `Build of instance ${serverId} aborted: Volume ${volume.volumeId} did not finish being created: its status is error.`,
            );
          await sleep(pollMs);
        }
    },
    wanted: async (serverId) =>
      await disksOf(volumes.ofServer(serverId).filter((volume) => volume.state !== 'detaching')),
    sync: async (serverId) => {
      const all = volumes.ofServer(serverId);
      const leaving: ServerVolume[] = [];
      for (const volume of all)
        if (volume.state === 'detaching' && !hangs(serverId) && !(await machines.diskInUse(serverId, volume.volumeId)))
          leaving.push(volume);
      const changes = leaving.length > 0 || all.some((volume) => volume.state === 'attaching');
      if (changes) await machines.setDisks(serverId, await disksOf(all.filter((volume) => !leaving.includes(volume))));
      for (const volume of all)
        if (volume.state === 'attaching' && volumes.readiness(volume.volumeId) === 'ready')
          volumes.markAttached(volume.attachmentId);
      for (const volume of leaving) await volumes.detached(volume.attachmentId);
      return all.some((volume) => volume.state === 'detaching' && !leaving.includes(volume));
    },
    letGo: async (serverId) => {
      for (const volume of volumes.ofServer(serverId)) await volumes.detached(volume.attachmentId);
    },
  };
}
