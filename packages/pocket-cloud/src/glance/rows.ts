import { join } from 'node:path';
import { type Caller, canSee } from '../http/index.ts';
import type { Store } from '../store/index.ts';

export interface ImageRow {
  readonly id: string;
  readonly project_id: string;
  readonly name: string | null;
  readonly status: 'queued' | 'saving' | 'active' | 'deactivated';
  readonly visibility: 'public' | 'private' | 'shared' | 'community';
  readonly protected: number;
  readonly disk_format: string | null;
  readonly container_format: string | null;
  readonly min_disk: number;
  readonly min_ram: number;
  readonly size: number | null;
  readonly virtual_size: number | null;
  /** MD5, as `checksum` has always been. */
  readonly checksum: string | null;
  /** SHA-512, `os_hash_value`. */
  readonly hash_value: string | null;
  /** JSON array. */
  readonly tags: string;
  /** JSON object of strings. */
  readonly properties: string;
  readonly created_at: string;
  readonly updated_at: string;
}

export const imageById = (store: Store, id: string): ImageRow | undefined =>
  store.get<ImageRow>('select * from image where id = ?', id);

/** Whether a caller may see an image by its id, and make servers and volumes of it. */
export const mayUseImage = (store: Store, caller: Caller, row: ImageRow): boolean =>
  canSee(caller, row.project_id) ||
  row.visibility === 'public' ||
  row.visibility === 'community' ||
  (row.visibility === 'shared' && memberOf(store, row.id, caller.projectId) !== undefined);

/** A project with which an image is shared. */
export interface MemberRow {
  readonly image_id: string;
  readonly project_id: string;
  readonly status: 'pending' | 'accepted' | 'rejected';
  readonly created_at: string;
  readonly updated_at: string;
}

export const membersOf = (store: Store, imageId: string): readonly MemberRow[] =>
  store.all<MemberRow>('select * from image_member where image_id = ? order by created_at', imageId);

export const memberOf = (store: Store, imageId: string, projectId: string): MemberRow | undefined =>
  store.get<MemberRow>('select * from image_member where image_id = ? and project_id = ?', imageId, projectId);

/** What a project said to each image that is shared with it, by image. */
export const membershipsOf = (store: Store, projectId: string): ReadonlyMap<string, MemberRow['status']> =>
  new Map(
    store
      .all<MemberRow>('select * from image_member where project_id = ?', projectId)
      .map(({ image_id, status }) => [image_id, status]),
  );

// Not "insert or replace", which deletes the row first, and the image's members with it.
const changeable = [
  'name',
  'status',
  'visibility',
  'protected',
  'disk_format',
  'container_format',
  'min_disk',
  'min_ram',
  'size',
  'virtual_size',
  'checksum',
  'hash_value',
  'tags',
  'properties',
  'updated_at',
]
  .map((column) => `${column} = excluded.${column}`)
  .join(', ');

export function saveImage(store: Store, row: ImageRow): void {
  store.run(
    `insert into image values (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
     on conflict (id) do update set ${changeable}`,
    row.id,
    row.project_id,
    row.name,
    row.status,
    row.visibility,
    row.protected,
    row.disk_format,
    row.container_format,
    row.min_disk,
    row.min_ram,
    row.size,
    row.virtual_size,
    row.checksum,
    row.hash_value,
    row.tags,
    row.properties,
    row.created_at,
    row.updated_at,
  );
}

export const imageDirectory = (images: string, id: string): string => join(images, id);
export const imageDataFile = (images: string, id: string): string => join(images, id, 'data');
/** The unpacked root filesystem: lower layer of every server made from the image. */
export const imageRootfs = (images: string, id: string): string => join(images, id, 'rootfs');
