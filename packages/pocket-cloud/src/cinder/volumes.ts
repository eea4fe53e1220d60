import {
  type ApiReply,
  type ApiRequest,
  accepted,
  badRequest,
  bodyObject,
  isObject,
  type JsonObject,
  listPage,
  notFound,
  ok,
  optionalInteger,
  optionalString,
  type Route,
  stringMap,
} from '../http/index.ts';
import type { Store } from '../store/index.ts';
import { createVolume } from './create.ts';
import { metadataRoutes } from './metadata.ts';
import { bothPaths } from './paths.ts';
import { updateVolume, type VolumeRow, volumeById } from './rows.ts';
import { showVolume, showVolumeShort } from './views.ts';
import { deleteVolume, everywhere, type VolumeApi, volumeOf } from './volume-access.ts';
import { runVolumeAction } from './volume-actions.ts';

/** Source: Block Storage API v3, "Volumes (volumes)". */
export function volumeRoutes(api: VolumeApi): readonly Route[] {
  const { store, controller } = api;
  return [
    ...bothPaths('GET', '/volumes', (request) => listVolumes(store, request, false)),
    ...bothPaths('GET', '/volumes/detail', (request) => listVolumes(store, request, true)),
    ...bothPaths('GET', '/volumes/summary', (request) => {
      const rows = visibleRows(store, request);
      const total_size = rows.reduce((sum, row) => sum + row.size, 0);
      return ok({ 'volume-summary': { total_count: rows.length, total_size, metadata: {} } });
    }),
    ...bothPaths('POST', '/volumes', (request) => create(api, request)),
    ...bothPaths('GET', '/volumes/:id', (request) =>
      ok({ volume: showVolume(request, store, volumeOf(store, request)) }),
    ),
    ...bothPaths('PUT', '/volumes/:id', (request) => {
      const row = volumeOf(store, request);
      const wanted = bodyObject(request.body, 'volume');
      const name = optionalString(wanted, 'name') ?? optionalString(wanted, 'display_name');
      const description = optionalString(wanted, 'description') ?? optionalString(wanted, 'display_description');
      updateVolume(store, row.id, {
        ...(name === undefined ? {} : { name }),
        ...(description === undefined ? {} : { description }),
        ...(isObject(wanted.metadata) ? { metadata: JSON.stringify(stringMap(wanted.metadata)) } : {}),
      });
      return ok({ volume: showVolume(request, store, volumeOf(store, request)) });
    }),
    ...bothPaths('DELETE', '/volumes/:id', (request) => {
      const cascade = /^true$/i.test(request.query.get('cascade') ?? '');
      const force = /^true$/i.test(request.query.get('force') ?? '');
      deleteVolume(store, controller, volumeOf(store, request), { cascade, force: force && request.caller.isAdmin });
      return accepted();
    }),
    ...bothPaths('POST', '/volumes/:id/action', (request) => runVolumeAction(api, request, volumeOf(store, request))),
    ...metadataRoutes('/volumes/:id/metadata', 'metadata', {
      read: (request) => JSON.parse(volumeOf(store, request).metadata) as Record<string, string>,
      write: (request, metadata) =>
        updateVolume(store, request.params.id ?? '', { metadata: JSON.stringify(metadata) }),
    }),
  ];
}

function visibleRows(store: Store, request: ApiRequest): readonly VolumeRow[] {
  return store
    .all<VolumeRow>('select * from volume order by created_at desc, id')
    .filter((row) => everywhere(request) || row.project_id === request.caller.projectId);
}

function listVolumes(store: Store, request: ApiRequest, detail: boolean): ApiReply {
  const wantedMetadata = metadataFilter(request);
  const page = listPage(
    request,
    visibleRows(store, request).filter((row) => {
      const metadata = JSON.parse(row.metadata) as Record<string, string>;
      return Object.entries(wantedMetadata).every(([key, value]) => metadata[key] === value);
    }),
    {
      idOf: (row) => row.id,
      badMarker: (marker) => notFound(`Volume ${marker} could not be found.`),
      badSortKey: () => badRequest('Invalid input received: Invalid sort key'),
      filters: {
        name: (row) => row.name,
        status: (row) => row.status,
        bootable: (row) => row.bootable === 1,
        id: (row) => row.id,
        ...(everywhere(request) ? { project_id: (row: VolumeRow) => row.project_id } : {}),
      },
      sortKeys: {
        created_at: (row) => row.created_at,
        updated_at: (row) => row.updated_at,
        name: (row) => row.name ?? '',
        size: (row) => row.size,
        status: (row) => row.status,
        id: (row) => row.id,
      },
    },
  );
  return ok({
    volumes: page.items.map((row) => (detail ? showVolume(request, store, row) : showVolumeShort(request, row))),
    ...(page.next === undefined ? {} : { volumes_links: [{ rel: 'next', href: page.next }] }),
  });
}

/** `metadata={"key": "value"}`, as a Python or a JSON dictionary. */
function metadataFilter(request: ApiRequest): Readonly<Record<string, string>> {
  const text = request.query.get('metadata');
  if (text === null) return {};
  try {
    return stringMap(JSON.parse(text.replaceAll("'", '"')) as JsonObject);
  } catch {
    throw badRequest(`Invalid filter metadata: ${text}`);
  }
}

function create({ store, controller }: VolumeApi, request: ApiRequest): ApiReply {
  const wanted = bodyObject(request.body, 'volume');
  const zone = optionalString(wanted, 'availability_zone');
  if (zone !== undefined && zone !== 'nova')
    throw badRequest(`Invalid input received: Availability zone '${zone}' is invalid.`);
  const size = optionalInteger(wanted, 'size', 1);
  const type = optionalString(wanted, 'volume_type');
  const imageId = optionalString(wanted, 'imageRef')?.split('/').at(-1);
  const snapshotId = optionalString(wanted, 'snapshot_id');
  const sourceVolumeId = optionalString(wanted, 'source_volid');
  const id = createVolume(store, controller, request.caller, {
    name: optionalString(wanted, 'name') ?? optionalString(wanted, 'display_name') ?? null,
    description: optionalString(wanted, 'description') ?? optionalString(wanted, 'display_description') ?? null,
    ...(size === undefined ? {} : { size }),
    ...(type === undefined || type === '' ? {} : { type }),
    ...(imageId === undefined ? {} : { imageId }),
    ...(snapshotId === undefined ? {} : { snapshotId }),
    ...(sourceVolumeId === undefined ? {} : { sourceVolumeId }),
    ...(isObject(wanted.metadata) ? { metadata: stringMap(wanted.metadata) } : {}),
  });
  return accepted({ volume: showVolume(request, store, volumeById(store, id) as VolumeRow) });
}
