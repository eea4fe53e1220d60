import type { ApiRequest, JsonObject } from '../http/index.ts';
import type { Store } from '../store/index.ts';
import {
  type AttachmentRow,
  attachmentsOf,
  type SnapshotRow,
  typeById,
  type VolumeRow,
  type VolumeTypeRow,
} from './rows.ts';
import { minorVersion } from './versions.ts';

/** Cinder's times carry microseconds and no zone. */
const time = (text: string): string => text.replace('Z', '.000000');

const links = (request: ApiRequest, path: string): readonly unknown[] => [
  { rel: 'self', href: `${request.baseUrl}/v3/${request.caller.projectId}${path}` },
  { rel: 'bookmark', href: `${request.baseUrl}/${request.caller.projectId}${path}` },
];

const multiattach = (type: VolumeTypeRow | undefined): boolean =>
  (JSON.parse(type?.extra_specs ?? '{}') as Record<string, string>).multiattach === '<is> True';

export const isMultiattach = (store: Store, row: VolumeRow): boolean => multiattach(typeById(store, row.type_id));

/** Source: Block Storage API v3, "Show a volume's details". */
export function showVolume(request: ApiRequest, store: Store, row: VolumeRow): JsonObject {
  const type = typeById(store, row.type_id);
  const minor = minorVersion(request);
  const imageMetadata = JSON.parse(row.image_metadata) as Record<string, string>;
  const metadata = { ...JSON.parse(row.metadata), ...(row.read_only === 1 ? { readonly: 'True' } : {}) };
  return {
    id: row.id,
    name: row.name,
    description: row.description,
    status: row.status,
    size: row.size,
    availability_zone: 'nova',
    created_at: time(row.created_at),
    updated_at: time(row.updated_at),
    attachments: attachmentsOf(store, row.id)
      .filter((attachment) => attachment.state !== 'attaching')
      .map(showInVolume),
    volume_type: type?.name ?? null,
    ...(minor >= 63 ? { volume_type_id: row.type_id } : {}),
    snapshot_id: row.snapshot_id,
    source_volid: row.source_volume_id,
    metadata,
    ...(Object.keys(imageMetadata).length === 0 ? {} : { volume_image_metadata: imageMetadata }),
    links: links(request, `/volumes/${row.id}`),
    user_id: row.user_id,
    bootable: row.bootable === 1 ? 'true' : 'false',
    encrypted: false,
    replication_status: null,
    consistencygroup_id: null,
    multiattach: multiattach(type),
    migration_status: null,
    ...(minor >= 13 ? { group_id: null } : {}),
    ...(minor >= 21 ? { provider_id: null } : {}),
    ...(minor >= 48 ? { service_uuid: null, shared_targets: minor >= 69 ? null : false } : {}),
    ...(minor >= 61 ? { cluster_name: null } : {}),
    ...(minor >= 65 ? { consumes_quota: true } : {}),
    'os-vol-tenant-attr:tenant_id': row.project_id,
    ...(request.caller.isAdmin
      ? {
          'os-vol-host-attr:host': 'pocket@files#files',
          'os-vol-mig-status-attr:migstat': null,
          'os-vol-mig-status-attr:name_id': null,
        }
      : {}),
  };
}

function showInVolume(row: AttachmentRow): JsonObject {
  return {
    id: row.volume_id,
    attachment_id: row.id,
    volume_id: row.volume_id,
    server_id: row.server_id,
    host_name: null,
    device: `/dev/${row.device}`,
    attached_at: row.attached_at === null ? null : time(row.attached_at),
  };
}

export function showVolumeShort(request: ApiRequest, row: VolumeRow): JsonObject {
  return { id: row.id, name: row.name, links: links(request, `/volumes/${row.id}`) };
}

export function showSnapshot(request: ApiRequest, row: SnapshotRow): JsonObject {
  const minor = minorVersion(request);
  return {
    id: row.id,
    name: row.name,
    description: row.description,
    volume_id: row.volume_id,
    status: row.status,
    size: row.size,
    metadata: JSON.parse(row.metadata),
    created_at: time(row.created_at),
    updated_at: time(row.updated_at),
    'os-extended-snapshot-attributes:progress': row.status === 'available' ? '100%' : '0%',
    'os-extended-snapshot-attributes:project_id': row.project_id,
    ...(minor >= 14 ? { group_snapshot_id: null } : {}),
    ...(minor >= 41 ? { user_id: row.user_id } : {}),
    ...(minor >= 65 ? { consumes_quota: true } : {}),
  };
}

export function showType(request: ApiRequest, row: VolumeTypeRow): JsonObject {
  return {
    id: row.id,
    name: row.name,
    description: row.description,
    is_public: row.is_public === 1,
    'os-volume-type-access:is_public': row.is_public === 1,
    qos_specs_id: null,
    extra_specs: request.caller.isAdmin
      ? JSON.parse(row.extra_specs)
      : Object.fromEntries(
          Object.entries(JSON.parse(row.extra_specs) as Record<string, string>).filter(
            ([key]) => key === 'multiattach',
          ),
        ),
  };
}

/** Source: Block Storage API v3, "Show attachment details" (3.27). */
export function showAttachment(row: AttachmentRow): JsonObject {
  return {
    id: row.id,
    volume_id: row.volume_id,
    instance: row.server_id,
    status: row.state === 'attached' ? 'attached' : row.state === 'attaching' ? 'reserved' : 'detaching',
    attach_mode: 'rw',
    attached_at: row.attached_at === null ? '' : time(row.attached_at),
    detached_at: '',
    connection_info: row.state === 'attached' ? { driver_volume_type: 'local' } : {},
  };
}
