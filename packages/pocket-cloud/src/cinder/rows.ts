import { type Store, timestamp } from '../store/index.ts';

export type VolumeStatus =
  | 'creating'
  | 'downloading'
  | 'available'
  | 'reserved'
  | 'attaching'
  | 'in-use'
  | 'detaching'
  | 'extending'
  | 'deleting'
  | 'error'
  | 'error_deleting'
  | 'error_extending';

export interface VolumeRow {
  readonly id: string;
  readonly project_id: string;
  readonly user_id: string;
  readonly name: string | null;
  readonly description: string | null;
  /** GiB. */
  readonly size: number;
  /** What it is being extended to. */
  readonly new_size: number | null;
  readonly type_id: string;
  readonly status: VolumeStatus;
  readonly bootable: number;
  readonly read_only: number;
  readonly image_id: string | null;
  readonly snapshot_id: string | null;
  readonly source_volume_id: string | null;
  readonly image_metadata: string;
  readonly metadata: string;
  readonly created_at: string;
  readonly updated_at: string;
}

export interface AttachmentRow {
  readonly id: string;
  readonly volume_id: string;
  readonly server_id: string;
  readonly device: string;
  readonly state: 'attaching' | 'attached' | 'detaching';
  readonly delete_on_termination: number;
  readonly tag: string | null;
  readonly attached_at: string | null;
}

export interface SnapshotRow {
  readonly id: string;
  readonly volume_id: string;
  readonly project_id: string;
  readonly user_id: string;
  readonly name: string | null;
  readonly description: string | null;
  readonly size: number;
  readonly status: 'creating' | 'available' | 'deleting' | 'error';
  readonly metadata: string;
  readonly created_at: string;
  readonly updated_at: string;
}

export interface VolumeTypeRow {
  readonly id: string;
  readonly name: string;
  readonly description: string | null;
  readonly is_public: number;
  readonly extra_specs: string;
}

export const volumeById = (store: Store, id: string): VolumeRow | undefined =>
  store.get<VolumeRow>('select * from volume where id = ?', id);
export const snapshotById = (store: Store, id: string): SnapshotRow | undefined =>
  store.get<SnapshotRow>('select * from snapshot where id = ?', id);
export const attachmentsOf = (store: Store, volumeId: string): readonly AttachmentRow[] =>
  store.all<AttachmentRow>('select * from volume_attachment where volume_id = ? order by attached_at, id', volumeId);
export const attachmentById = (store: Store, id: string): AttachmentRow | undefined =>
  store.get<AttachmentRow>('select * from volume_attachment where id = ?', id);
export const typeById = (store: Store, id: string): VolumeTypeRow | undefined =>
  store.get<VolumeTypeRow>('select * from volume_type where id = ?', id);
/** By id or name, as clients name types both ways. */
export const typeByReference = (store: Store, reference: string): VolumeTypeRow | undefined =>
  store.get<VolumeTypeRow>('select * from volume_type where id = ? or name = ?', reference, reference);
/** What `default_volume_type` is in a cloud that names none. */
export const defaultTypeName = '__DEFAULT__';

const volumeColumns = [
  'name',
  'description',
  'size',
  'new_size',
  'type_id',
  'status',
  'bootable',
  'read_only',
  'image_metadata',
  'metadata',
] as const;

/** Changes the given columns; nothing when the row is gone. */
export function updateVolume(
  store: Store,
  id: string,
  change: Partial<Pick<VolumeRow, (typeof volumeColumns)[number]>>,
): void {
  store.transaction(() => {
    for (const column of volumeColumns) {
      const value = change[column];
      if (value !== undefined)
        store.run(`update volume set ${column} = ?, updated_at = ? where id = ?`, value, timestamp(), id);
    }
  });
}

const snapshotColumns = ['name', 'description', 'status', 'metadata'] as const;

export function updateSnapshot(
  store: Store,
  id: string,
  change: Partial<Pick<SnapshotRow, (typeof snapshotColumns)[number]>>,
): void {
  store.transaction(() => {
    for (const column of snapshotColumns) {
      const value = change[column];
      if (value !== undefined)
        store.run(`update snapshot set ${column} = ?, updated_at = ? where id = ?`, value, timestamp(), id);
    }
  });
}

/** What a volume's attachments make of its status. */
export function settledStatus(store: Store, volumeId: string): VolumeStatus {
  const states = attachmentsOf(store, volumeId).map((attachment) => attachment.state);
  if (states.includes('attaching')) return 'attaching';
  if (states.includes('detaching')) return 'detaching';
  return states.length > 0 ? 'in-use' : 'available';
}
