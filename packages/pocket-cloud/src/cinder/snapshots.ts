import {
  type ApiReply,
  type ApiRequest,
  accepted,
  badRequest,
  bodyObject,
  canSee,
  forbidden,
  isObject,
  listPage,
  notFound,
  ok,
  optionalBoolean,
  optionalString,
  type Route,
  requiredString,
  stringMap,
} from '../http/index.ts';
import { newId, type Store, timestamp } from '../store/index.ts';
import { metadataRoutes } from './metadata.ts';
import { bothPaths } from './paths.ts';
import { checkVolumeQuota } from './quotas.ts';
import { type SnapshotRow, snapshotById, updateSnapshot } from './rows.ts';
import { minorVersion } from './versions.ts';
import { showSnapshot } from './views.ts';
import { everywhere, type VolumeApi, volumeOf } from './volume-access.ts';

/** Source: Block Storage API v3, "Volume snapshots (snapshots)". */
export function snapshotRoutes(api: VolumeApi): readonly Route[] {
  const { store, controller } = api;
  const find = (request: ApiRequest): SnapshotRow => {
    const row = snapshotById(store, request.params.id ?? '');
    if (row === undefined || !canSee(request.caller, row.project_id))
      throw notFound(`Snapshot ${request.params.id} could not be found.`);
    return row;
  };
  const drop = (row: SnapshotRow, force: boolean): ApiReply => {
    if (!force && row.status !== 'available' && row.status !== 'error')
      throw badRequest(`Invalid snapshot: Snapshot status must be available or error.`);
    updateSnapshot(store, row.id, { status: 'deleting' });
    controller.snapshotChanged(row.id);
    return accepted();
  };
  return [
    ...bothPaths('GET', '/snapshots', (request) => list(store, request)),
    ...bothPaths('GET', '/snapshots/detail', (request) => list(store, request)),
    ...bothPaths('POST', '/snapshots', (request) => create(api, request)),
    ...bothPaths('GET', '/snapshots/:id', (request) => ok({ snapshot: showSnapshot(request, find(request)) })),
    ...bothPaths('PUT', '/snapshots/:id', (request) => {
      const row = find(request);
      const wanted = bodyObject(request.body, 'snapshot');
      const name = optionalString(wanted, 'name');
      const description = optionalString(wanted, 'description');
      updateSnapshot(store, row.id, {
        ...(name === undefined ? {} : { name }),
        ...(description === undefined ? {} : { description }),
      });
      return ok({ snapshot: showSnapshot(request, find(request)) });
    }),
    ...bothPaths('DELETE', '/snapshots/:id', (request) => drop(find(request), false)),
    ...bothPaths('POST', '/snapshots/:id/action', (request) => {
      const row = find(request);
      if (!request.caller.isAdmin)
        throw forbidden("Policy doesn't allow volume_extension:snapshot_admin_actions to be performed.");
      const body = isObject(request.body) ? request.body : {};
      if ('os-force_delete' in body) return drop(row, true);
      const reset = body['os-reset_status'];
      if (!isObject(reset)) throw badRequest(`There is no such action: ${Object.keys(body)[0] ?? ''}`);
      updateSnapshot(store, row.id, { status: requiredString(reset, 'status') as SnapshotRow['status'] });
      return accepted();
    }),
    ...metadataRoutes('/snapshots/:id/metadata', 'metadata', {
      read: (request) => JSON.parse(find(request).metadata) as Record<string, string>,
      write: (request, metadata) =>
        updateSnapshot(store, request.params.id ?? '', { metadata: JSON.stringify(metadata) }),
    }),
  ];
}

function list(store: Store, request: ApiRequest): ApiReply {
  const rows = store
    .all<SnapshotRow>('select * from snapshot order by created_at desc, id')
    .filter((row) => everywhere(request) || row.project_id === request.caller.projectId);
  const page = listPage(request, rows, {
    idOf: (row) => row.id,
    badMarker: (marker) => notFound(`Snapshot ${marker} could not be found.`),
    badSortKey: () => badRequest('Invalid input received: Invalid sort key'),
    filters: {
      name: (row) => row.name,
      status: (row) => row.status,
      volume_id: (row) => row.volume_id,
      id: (row) => row.id,
      ...(everywhere(request) ? { project_id: (row: SnapshotRow) => row.project_id } : {}),
    },
    sortKeys: {
      created_at: (row) => row.created_at,
      name: (row) => row.name ?? '',
      id: (row) => row.id,
      status: (row) => row.status,
    },
  });
  return ok({
    snapshots: page.items.map((row) => showSnapshot(request, row)),
    ...(page.next === undefined ? {} : { snapshots_links: [{ rel: 'next', href: page.next }] }),
  });
}

function create({ store, controller }: VolumeApi, request: ApiRequest): ApiReply {
  const wanted = bodyObject(request.body, 'snapshot');
  const volume = volumeOf(store, request, requiredString(wanted, 'volume_id'));
  // Since 3.66 a volume in use needs no flag.
  const force = minorVersion(request) >= 66 || optionalBoolean(wanted, 'force') === true;
  const allowed = force ? ['available', 'in-use'] : ['available'];
  if (!allowed.includes(volume.status))
    throw badRequest(
      `Invalid volume: Volume ${volume.id} status must be ${allowed.join(' or ')}, but current status is: ${volume.status}.`,
    );
  checkVolumeQuota(store, request.caller.projectId, { what: 'snapshots', gigabytes: volume.size });
  const id = newId();
  const now = timestamp();
  store.run(
    'insert into snapshot values (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)',
    id,
    volume.id,
    request.caller.projectId,
    request.caller.userId,
    optionalString(wanted, 'name') ?? null,
    optionalString(wanted, 'description') ?? null,
    volume.size,
    'creating',
    JSON.stringify(isObject(wanted.metadata) ? stringMap(wanted.metadata) : {}),
    now,
    now,
  );
  controller.snapshotChanged(id);
  return accepted({ snapshot: showSnapshot(request, snapshotById(store, id) as SnapshotRow) });
}
