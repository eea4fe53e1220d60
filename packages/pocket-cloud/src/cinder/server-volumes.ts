import { badRequest, type Caller, canSee, notFound } from '../http/index.ts';
import type { AttachRequest, ServerVolume, ServerVolumes } from '../nova/index.ts';
import { newId, type Store, timestamp } from '../store/index.ts';
import type { VolumeController } from './controller.ts';
import { createVolume } from './create.ts';
import {
  type AttachmentRow,
  attachmentById,
  attachmentsOf,
  settledStatus,
  updateVolume,
  type VolumeRow,
  volumeById,
} from './rows.ts';
import { isMultiattach } from './views.ts';
import { deleteVolume } from './volume-access.ts';

const bootDevice = 'vda';

/** Volumes as servers use them. */
export function createServerVolumes(store: Store, controller: VolumeController): ServerVolumes {
  const ofServer = (serverId: string): readonly ServerVolume[] =>
    store
      .all<AttachmentRow>('select * from volume_attachment where server_id = ? order by device', serverId)
      .map(asServerVolume);

  const visible = (caller: Caller, volumeId: string): VolumeRow => {
    const volume = volumeById(store, volumeId);
    if (volume === undefined || !canSee(caller, volume.project_id))
      throw notFound(`Volume ${volumeId} could not be found.`);
    return volume;
  };

  const freeDevice = (serverId: string, wanted: string | undefined): string => {
    const taken = new Set([bootDevice, ...ofServer(serverId).map((volume) => volume.device)]);
    const name = wanted?.replace(/^\/dev\//, '');
    if (name === bootDevice && !ofServer(serverId).some((volume) => volume.device === bootDevice)) return bootDevice;
    if (name !== undefined && /^[sv]d[a-z]$/.test(name) && !taken.has(name)) return name;
    for (const letter of 'bcdefghijklmnopqrstuvwxyz') if (!taken.has(`vd${letter}`)) return `vd${letter}`;
    throw badRequest(
      'The maximum allowed number of disk devices (26) to attach to a single instance has been reached.',
    );
  };

  return {
    ofServer,
    create: (caller, wanted) =>
      createVolume(store, controller, caller, {
        name: wanted.name ?? '',
        ...(wanted.sizeGib === undefined ? {} : { size: wanted.sizeGib }),
        ...(wanted.imageId === undefined ? {} : { imageId: wanted.imageId }),
        ...(wanted.snapshotId === undefined ? {} : { snapshotId: wanted.snapshotId }),
        ...(wanted.type === undefined ? {} : { type: wanted.type }),
      }),
    claim: (caller, request) => {
      const volume = visible(caller, request.volumeId);
      if (ofServer(request.serverId).some((each) => each.volumeId === volume.id))
        throw badRequest(`Invalid volume: volume ${volume.id} already attached`);
      const shared = volume.status === 'in-use' && isMultiattach(store, volume);
      // Volumes made together with their server are still being made.
      const free = ['available', 'creating', 'downloading'].includes(volume.status);
      if (attachmentsOf(store, volume.id).length > 0 && !shared)
        throw badRequest(
          `Invalid volume: volume ${volume.id} is already attached to instances: ${attachmentsOf(store, volume.id)
            .map((each) => each.server_id)
            .join(', ')}`,
        );
      if (!free && !shared)
        throw badRequest(
          `Invalid input received: Invalid volume: Volume ${volume.id} status must be available or downloading to reserve, but the current status is ${volume.status}. (HTTP 400)`,
        );
      return asServerVolume(insert(store, request, freeDevice(request.serverId, request.device)));
    },
    requestDetach: (caller, serverId, volumeId) => {
      const attached = ofServer(serverId).find((each) => each.volumeId === volumeId);
      if (volumeById(store, volumeId) === undefined || attached === undefined) {
        visible(caller, volumeId);
        throw notFound(`volume_id not found: ${volumeId}`);
      }
      if (attached.device === bootDevice) throw badRequest('Cannot detach a root device volume');
      if (attached.state === 'detaching') return;
      store.run("update volume_attachment set state = 'detaching' where id = ?", attached.attachmentId);
      updateVolume(store, volumeId, { status: 'detaching' });
    },
    readiness: (volumeId) => {
      const status = volumeById(store, volumeId)?.status;
      if (status === undefined || status.startsWith('error')) return 'failed';
      return status === 'creating' || status === 'downloading' ? 'pending' : 'ready';
    },
    device: async (volumeId) => await controller.files.device(volumeId),
    markAttached: (attachmentId) => {
      const row = attachmentById(store, attachmentId);
      if (row === undefined || row.state !== 'attaching') return;
      store.transaction(() => {
        store.run(
          "update volume_attachment set state = 'attached', attached_at = ? where id = ?",
          timestamp(),
          attachmentId,
        );
        settle(store, row.volume_id);
      });
    },
    detached: async (attachmentId) => {
      const row = attachmentById(store, attachmentId);
      if (row === undefined) return;
      if (attachmentsOf(store, row.volume_id).length === 1) await controller.files.release(row.volume_id);
      store.transaction(() => {
        store.run('delete from volume_attachment where id = ?', attachmentId);
        settle(store, row.volume_id);
      });
      const volume = volumeById(store, row.volume_id);
      if (volume === undefined || row.delete_on_termination === 0) return;
      deleteVolume(store, controller, volume, { cascade: false, force: true });
    },
  };
}

/** A status that its attachments do not explain (being extended, deleted, broken) stays. */
function settle(store: Store, volumeId: string): void {
  const status = volumeById(store, volumeId)?.status ?? '';
  if (['available', 'reserved', 'attaching', 'in-use', 'detaching'].includes(status))
    updateVolume(store, volumeId, { status: settledStatus(store, volumeId) });
}

function insert(store: Store, request: AttachRequest, device: string): AttachmentRow {
  const id = newId();
  store.transaction(() => {
    store.run(
      "insert into volume_attachment values (?, ?, ?, ?, 'attaching', ?, ?, null)",
      id,
      request.volumeId,
      request.serverId,
      device,
      request.deleteOnTermination === true ? 1 : 0,
      request.tag ?? null,
    );
    if (volumeById(store, request.volumeId)?.status === 'available')
      updateVolume(store, request.volumeId, { status: 'reserved' });
  });
  return attachmentById(store, id) as AttachmentRow;
}

function asServerVolume(row: AttachmentRow): ServerVolume {
  return {
    attachmentId: row.id,
    volumeId: row.volume_id,
    device: row.device,
    state: row.state,
    deleteOnTermination: row.delete_on_termination === 1,
    tag: row.tag,
  };
}
