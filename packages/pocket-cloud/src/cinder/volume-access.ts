import { type ApiRequest, badRequest, canSee, notFound } from '../http/index.ts';
import type { Store } from '../store/index.ts';
import type { VolumeController } from './controller.ts';
import { attachmentsOf, updateSnapshot, updateVolume, type VolumeRow, volumeById } from './rows.ts';

export interface VolumeApi {
  readonly store: Store;
  readonly controller: VolumeController;
}

/** The volume of a request's path. 404 for an absent or foreign one. */
export function volumeOf(store: Store, request: ApiRequest, id = request.params.id ?? ''): VolumeRow {
  const row = volumeById(store, id);
  if (row === undefined || !canSee(request.caller, row.project_id)) throw notFound(`Volume ${id} could not be found.`);
  return row;
}

export const everywhere = (request: ApiRequest): boolean =>
  request.caller.isAdmin && /^(1|true)$/i.test(request.query.get('all_tenants') ?? '0');

const deletable: readonly string[] = ['available', 'error', 'error_deleting', 'error_extending'];

/** Starts a deletion. Throws 400 in Cinder's words while something holds the volume. */
export function deleteVolume(
  store: Store,
  controller: VolumeController,
  row: VolumeRow,
  { cascade, force }: { readonly cascade: boolean; readonly force: boolean },
): void {
  if (row.status === 'deleting') return;
  const snapshots = store.all<{ id: string }>('select id from snapshot where volume_id = ?', row.id);
  const held = attachmentsOf(store, row.id).length > 0 || (!cascade && snapshots.length > 0);
  if (held || (!force && !deletable.includes(row.status)))
    throw badRequest(
      'Invalid volume: Volume status must be available or error or error_restoring or error_extending or error_managing and must not be migrating, attached, belong to a group, have snapshots, awaiting a transfer, or be disassociated from snapshots after volume transfer.',
    );
  store.transaction(() => {
    for (const { id } of snapshots) updateSnapshot(store, id, { status: 'deleting' });
    updateVolume(store, row.id, { status: 'deleting' });
  });
  controller.volumeChanged(row.id);
}
