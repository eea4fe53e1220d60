import { imageById, mayUseImage } from '../glance/index.ts';
import { badRequest, type Caller, canSee, notFound } from '../http/index.ts';
import { newId, type Store, timestamp } from '../store/index.ts';
import type { VolumeController } from './controller.ts';
import { checkVolumeQuota } from './quotas.ts';
import { defaultTypeName, snapshotById, typeByReference, volumeById } from './rows.ts';

export interface VolumeWish {
  readonly name?: string | null;
  readonly description?: string | null;
  /** GiB; a source's size when absent. */
  readonly size?: number;
  readonly type?: string;
  readonly imageId?: string;
  readonly snapshotId?: string;
  readonly sourceVolumeId?: string;
  readonly metadata?: Readonly<Record<string, string>>;
}

const gib = 1024 ** 3;

interface Origin {
  readonly minimumGib: number;
  readonly typeId?: string;
  readonly bootable: boolean;
  readonly imageMetadata: string;
}

/** Writes the row of a new volume and starts its making; answers its id. Throws ApiError in Cinder's words. */
export function createVolume(store: Store, controller: VolumeController, caller: Caller, wish: VolumeWish): string {
  const origin = originOf(store, caller, wish);
  const size = wish.size ?? (wish.imageId === undefined ? origin.minimumGib : 0);
  if (size < 1) throw badRequest(`Invalid input received: Volume size '${size}' must be an integer and greater than 0`);
  if (size < origin.minimumGib) throw badRequest(tooSmall(wish, size, origin.minimumGib));
  const type = typeByReference(store, wish.type ?? origin.typeId ?? defaultTypeName);
  if (type === undefined) throw notFound(`Volume type with name ${wish.type ?? defaultTypeName} could not be found.`);
  checkVolumeQuota(store, caller.projectId, { what: 'volumes', gigabytes: size });
  const id = newId();
  const now = timestamp();
  store.run(
    `insert into volume (id, project_id, user_id, name, description, size, type_id, status, bootable, image_id, snapshot_id,
       source_volume_id, image_metadata, metadata, created_at, updated_at)
     values (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`,
    id,
    caller.projectId,
    caller.userId,
    wish.name ?? null,
    wish.description ?? null,
    size,
    type.id,
    wish.imageId === undefined ? 'creating' : 'downloading',
    origin.bootable ? 1 : 0,
    wish.imageId ?? null,
    wish.snapshotId ?? null,
    wish.sourceVolumeId ?? null,
    origin.imageMetadata,
    JSON.stringify(wish.metadata ?? {}),
    now,
    now,
  );
  controller.volumeChanged(id);
  return id;
}

function originOf(store: Store, caller: Caller, wish: VolumeWish): Origin {
  const given = [wish.imageId, wish.snapshotId, wish.sourceVolumeId].filter((source) => source !== undefined);
  if (given.length > 1)
    throw badRequest('Invalid input received: May specify only one of snapshot, imageRef or source volume');
  if (given.length === 0 && wish.size === undefined)
    throw badRequest(
      'The server could not comply with the request since it is either malformed or otherwise incorrect.',
    );
  if (wish.snapshotId !== undefined) {
    const snapshot = snapshotById(store, wish.snapshotId);
    if (snapshot === undefined || !canSee(caller, snapshot.project_id))
      throw notFound(`Snapshot ${wish.snapshotId} could not be found.`);
    if (snapshot.status !== 'available')
      throw badRequest(`Invalid snapshot: Originating snapshot status must be one of available values`);
    return copyOf(store, snapshot.volume_id, snapshot.size);
  }
  if (wish.sourceVolumeId !== undefined) {
    const volume = volumeById(store, wish.sourceVolumeId);
    if (volume === undefined || !canSee(caller, volume.project_id))
      throw notFound(`Volume ${wish.sourceVolumeId} could not be found.`);
    if (volume.status !== 'available' && volume.status !== 'in-use')
      throw badRequest(`Invalid volume: Originating volume status must be one of available, in-use values`);
    return copyOf(store, volume.id, volume.size);
  }
  if (wish.imageId !== undefined) return imageOf(store, caller, wish.imageId);
  return { minimumGib: 1, bootable: false, imageMetadata: '{}' };
}

function copyOf(store: Store, volumeId: string, size: number): Origin {
  const volume = volumeById(store, volumeId);
  return {
    minimumGib: size,
    bootable: volume?.bootable === 1,
    imageMetadata: volume?.image_metadata ?? '{}',
    ...(volume === undefined ? {} : { typeId: volume.type_id }),
  };
}

function imageOf(store: Store, caller: Caller, id: string): Origin {
  const image = imageById(store, id);
  if (image === undefined || !mayUseImage(store, caller, image))
    throw badRequest(`Invalid image identifier or unable to access requested image.`);
  if (image.status !== 'active') throw badRequest(`Invalid input received: Image ${id} is not active.`);
  return {
    minimumGib: Math.max(1, image.min_disk, Math.ceil((image.size ?? 0) / gib)),
    bootable: true,
    imageMetadata: JSON.stringify({
      ...(JSON.parse(image.properties) as Record<string, string>),
      image_id: image.id,
      image_name: image.name ?? '',
      disk_format: image.disk_format ?? '',
      container_format: image.container_format ?? '',
      checksum: image.checksum ?? '',
      size: String(image.size ?? 0),
      min_disk: String(image.min_disk),
      min_ram: String(image.min_ram),
    }),
  };
}

function tooSmall(wish: VolumeWish, size: number, minimum: number): string {
  if (wish.snapshotId !== undefined)
    return `Invalid input received: Volume size '${size}'GB cannot be smaller than the snapshot size ${minimum}GB. They must be >= original snapshot size.`;
  if (wish.sourceVolumeId !== undefined)
    return `Invalid input received: Volume size '${size}'GB cannot be smaller than original volume size  ${minimum}GB. They must be >= original volume size.`;
  return `Invalid input received: Size of specified image ${minimum}GB is larger than volume size ${size}GB.`;
}
