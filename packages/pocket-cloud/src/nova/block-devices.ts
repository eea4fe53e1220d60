import {
  badRequest,
  type Caller,
  isObject,
  type JsonObject,
  optionalArray,
  optionalBoolean,
  optionalInteger,
  optionalString,
} from '../http/index.ts';
import type { NewVolume, ServerVolumes } from './volumes.ts';

/** One entry of `block_device_mapping_v2` that becomes a volume at the server. */
export interface BlockDevice {
  readonly boot: boolean;
  /** A volume that exists, or one to be made. */
  readonly volume: { readonly id: string } | NewVolume;
  readonly device?: string;
  readonly deleteOnTermination: boolean;
  readonly tag?: string;
}

export interface BlockDevices {
  /** The image of a server whose disk is made of it; undefined for one that boots from a volume. */
  readonly imageId: string | undefined;
  readonly devices: readonly BlockDevice[];
}

/** What a server boots from and which volumes it gets. Throws 400 in Nova's words. Source: Compute API reference, "Create server". */
export function readBlockDevices(wanted: JsonObject): BlockDevices {
  const entries = (optionalArray(wanted, 'block_device_mapping_v2') ?? []).map((entry) => {
    if (!isObject(entry)) throw badRequest('Invalid input for field/attribute block_device_mapping_v2.');
    return entry;
  });
  const direct = optionalString(wanted, 'imageRef');
  let imageId = direct === undefined || direct === '' ? undefined : direct.split('/').at(-1);
  const devices: BlockDevice[] = [];
  for (const entry of entries) {
    const boot = optionalInteger(entry, 'boot_index', -1) === 0;
    const local = optionalString(entry, 'destination_type') === 'local';
    if (local && entry.source_type === 'image') imageId = requiredUuid(entry);
    else if (local) throw badRequest('Block Device Mapping is Invalid: only the image can be local in this cloud.');
    else devices.push(readDevice(entry, boot));
  }
  const booting = devices.filter((device) => device.boot);
  if (booting.length > 1)
    throw badRequest(
      'Block Device Mapping is Invalid: Boot sequence for the instance and image/block device mapping combination is not valid.',
    );
  if (booting.length === 0 && imageId === undefined)
    throw badRequest(
      entries.length === 0
        ? 'Invalid imageRef provided.'
        : 'Block Device Mapping is Invalid: Boot sequence for the instance and image/block device mapping combination is not valid.',
    );
  return { imageId: booting.length === 0 ? imageId : undefined, devices };
}

function readDevice(entry: JsonObject, boot: boolean): BlockDevice {
  const device = optionalString(entry, 'device_name');
  const tag = optionalString(entry, 'tag', 60);
  return {
    boot,
    volume: volumeOf(entry),
    deleteOnTermination: optionalBoolean(entry, 'delete_on_termination') === true,
    ...(device === undefined ? {} : { device }),
    ...(tag === undefined ? {} : { tag }),
  };
}

function volumeOf(entry: JsonObject): BlockDevice['volume'] {
  const sizeGib = optionalInteger(entry, 'volume_size', 1);
  const type = optionalString(entry, 'volume_type');
  const common = { ...(sizeGib === undefined ? {} : { sizeGib }), ...(type === undefined ? {} : { type }) };
  switch (entry.source_type) {
    case 'volume':
      return { id: requiredUuid(entry) };
    case 'image':
      if (sizeGib === undefined)
        throw badRequest(
          "Block Device Mapping is Invalid: Images with destination_type 'volume' need to have a non-zero size specified",
        );
      return { ...common, imageId: requiredUuid(entry) };
    case 'snapshot':
      return { ...common, snapshotId: requiredUuid(entry) };
    case 'blank':
      if (sizeGib === undefined)
        throw badRequest(
          "Block Device Mapping is Invalid: Blank volumes (source: 'blank', dest: 'volume') need to have non-zero size",
        );
      return common;
    default:
      throw badRequest(`Invalid input for field/attribute source_type. Value: ${String(entry.source_type)}.`);
  }
}

function requiredUuid(entry: JsonObject): string {
  const id = optionalString(entry, 'uuid');
  if (id === undefined || id === '') throw badRequest('Block Device Mapping is Invalid: Missing device UUID.');
  return id;
}

/** Makes what is to be made and claims everything for the server. Throws ApiError; the caller then lets go of what was claimed. */
export function claimBlockDevices(
  volumes: ServerVolumes,
  caller: Caller,
  serverId: string,
  devices: readonly BlockDevice[],
): void {
  for (const { volume, boot, device, tag, deleteOnTermination } of devices) {
    const volumeId = 'id' in volume ? volume.id : volumes.create(caller, volume);
    volumes.claim(caller, {
      volumeId,
      serverId,
      deleteOnTermination,
      ...(boot ? { device: 'vda' } : device === undefined ? {} : { device }),
      ...(tag === undefined ? {} : { tag }),
    });
  }
}
