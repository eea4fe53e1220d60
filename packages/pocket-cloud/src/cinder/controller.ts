import { mkdir } from 'node:fs/promises';
import { createVolumeStore, type VolumeSource, type VolumeStore } from '../engine/volumes/index.ts';
import { imageById, imageDataFile } from '../glance/index.ts';
import type { ServiceContext } from '../service.ts';
import { createWorkQueue } from '../tasks/work-queue.ts';
import {
  attachmentsOf,
  type SnapshotRow,
  settledStatus,
  snapshotById,
  updateSnapshot,
  updateVolume,
  type VolumeRow,
  volumeById,
} from './rows.ts';

export interface VolumeController {
  readonly files: VolumeStore;
  /** The row changed: bring the file to it. */
  volumeChanged(id: string): void;
  snapshotChanged(id: string): void;
  start(): Promise<void>;
  stop(): Promise<void>;
}

const waitForSnapshotsMs = 500;

/** Brings files to what volumes and snapshots want. Looks at rows and files each time, so that it may be repeated from any point. */
export function createVolumeController({ store, paths, log: parent }: ServiceContext): VolumeController {
  const log = parent.child({ part: 'volumes' });
  const files = createVolumeStore(paths.volumes);

  const sourceOf = (row: VolumeRow): VolumeSource => {
    if (row.snapshot_id !== null) return { kind: 'copy', id: row.snapshot_id };
    if (row.source_volume_id !== null) return { kind: 'copy', id: row.source_volume_id };
    if (row.image_id === null) return { kind: 'blank' };
    if (imageById(store, row.image_id) === undefined) throw new Error(`Image ${row.image_id} could not be found.`);
    return { kind: 'image', file: imageDataFile(paths.images, row.image_id) };
  };

  const build = async (row: VolumeRow): Promise<void> => {
    try {
      await files.create(row.id, row.size, sourceOf(row));
      if (volumeById(store, row.id)?.status === row.status) updateVolume(store, row.id, { status: 'available' });
    } catch (error) {
      log.warn({ volume: row.id, err: error }, 'volume could not be made');
      if (volumeById(store, row.id)?.status === row.status) updateVolume(store, row.id, { status: 'error' });
    }
  };

  const extend = async (row: VolumeRow): Promise<void> => {
    const size = row.new_size ?? row.size;
    await files.extend(row.id, size);
    store.transaction(() => {
      store.run('update volume set new_size = null where id = ?', row.id);
      updateVolume(store, row.id, { size, status: settledStatus(store, row.id) });
    });
  };

  const remove = async (row: VolumeRow): Promise<{ againAfterMs: number } | undefined> => {
    const snapshots = store.all<SnapshotRow>('select * from snapshot where volume_id = ?', row.id);
    for (const snapshot of snapshots) snapshotQueue.enqueue(snapshot.id);
    if (snapshots.length > 0 || attachmentsOf(store, row.id).length > 0) return { againAfterMs: waitForSnapshotsMs };
    await files.remove(row.id);
    store.run('delete from volume where id = ?', row.id);
    return undefined;
  };

  const volumeQueue = createWorkQueue({
    name: 'volumes',
    log,
    concurrency: 3,
    reconcile: async (id) => {
      const row = volumeById(store, id);
      if (row === undefined) return undefined;
      if (row.status === 'creating' || row.status === 'downloading') await build(row);
      else if (row.status === 'extending') await extend(row);
      else if (row.status === 'deleting') return await remove(row);
      return undefined;
    },
  });

  const snapshotQueue = createWorkQueue({
    name: 'snapshots',
    log,
    concurrency: 2,
    reconcile: async (id) => {
      const row = snapshotById(store, id);
      if (row?.status === 'creating')
        try {
          await files.create(id, row.size, { kind: 'copy', id: row.volume_id });
          if (snapshotById(store, id)?.status === 'creating') updateSnapshot(store, id, { status: 'available' });
        } catch (error) {
          log.warn({ snapshot: id, err: error }, 'snapshot could not be made');
          updateSnapshot(store, id, { status: 'error' });
        }
      else if (row?.status === 'deleting') {
        await files.remove(id);
        store.run('delete from snapshot where id = ?', id);
        volumeQueue.enqueue(row.volume_id);
      }
      return undefined;
    },
  });

  return {
    files,
    volumeChanged: volumeQueue.enqueue,
    snapshotChanged: snapshotQueue.enqueue,
    start: async () => {
      await mkdir(paths.volumes, { recursive: true });
      const volumes = store.all<{ id: string }>('select id from volume');
      const snapshots = store.all<{ id: string }>('select id from snapshot');
      const known = new Set([...volumes, ...snapshots].map((row) => row.id));
      for (const id of await files.ids()) if (!known.has(id)) await files.remove(id);
      for (const { id } of snapshots) snapshotQueue.enqueue(id);
      for (const { id } of volumes) volumeQueue.enqueue(id);
    },
    stop: async () => {
      await Promise.all([volumeQueue.stop(), snapshotQueue.stop()]);
    },
  };
}
