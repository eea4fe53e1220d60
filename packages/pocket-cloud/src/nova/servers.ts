import {
  type ApiReply,
  type ApiRequest,
  badRequest,
  bodyObject,
  canSee,
  conflict,
  forbidden,
  listPage,
  noContent,
  notFound,
  ok,
  optionalString,
  type Route,
  route,
} from '../http/index.ts';
import type { Store } from '../store/index.ts';
import type { ServerController } from './controller.ts';
import { createServer } from './create-server.ts';
import { instanceActionRoutes } from './instance-actions.ts';
import { interfaceRoutes } from './interfaces.ts';
import type { ServerNetworking } from './networking.ts';
import { type ServerRow, serverById, updateServer } from './rows.ts';
import { runAction } from './server-actions.ts';
import { metadataRoutes, tagRoutes } from './server-metadata.ts';
import { addressesOf, showServer, showServerShort } from './views.ts';
import { volumeAttachmentRoutes } from './volume-attachments.ts';
import type { ServerVolumes } from './volumes.ts';

export interface ServerApi {
  readonly store: Store;
  readonly networking: ServerNetworking;
  readonly volumes: ServerVolumes;
  readonly controller: ServerController;
}

/** Source: Compute API reference, "Servers" and "Servers - run an action". */
export function serverRoutes(api: ServerApi): readonly Route[] {
  const { store } = api;
  const find = (request: ApiRequest): ServerRow => {
    const row = serverById(store, request.params.id ?? '');
    if (row === undefined || !canSee(request.caller, row.project_id))
      throw notFound(`Instance ${request.params.id} could not be found.`);
    return row;
  };
  const list = (request: ApiRequest, detail: boolean): ApiReply => {
    const { caller, query } = request;
    const wantsAll = /^(1|true|)$/i.test(query.get('all_tenants') ?? '0');
    if (wantsAll && !caller.isAdmin)
      throw forbidden("Policy doesn't allow os_compute_api:servers:index:get_all_tenants to be performed.");
    const everywhere = wantsAll;
    for (const status of query.getAll('status'))
      if (!statuses.has(status.toUpperCase())) throw badRequest('Invalid status value');
    const rows = store
      .all<ServerRow>('select * from server order by created_at desc, id')
      .filter((row) => everywhere || row.project_id === caller.projectId)
      .filter((row) => !query.has('name') || nameMatches(query.get('name') ?? '', row.name))
      .filter(
        (row) => !query.has('status') || query.getAll('status').some((status) => status.toUpperCase() === row.status),
      );
    const page = listPage(request, rows, {
      idOf: (row) => row.id,
      filters: {
        image: (row) => row.image_id,
        flavor: (row) => (JSON.parse(row.flavor) as { id: string }).id,
        uuid: (row) => row.id,
        key_name: (row) => row.key_name,
        ...(everywhere
          ? { project_id: (row: ServerRow) => row.project_id, tenant_id: (row: ServerRow) => row.project_id }
          : {}),
      },
      badSortKey: (key) =>
        badRequest(`Invalid input for query parameters sort_key. Value: ${key}. '${key}' is not a known sort key`),
      sortKeys: {
        ...Object.fromEntries(neutralSortKeys.map((key) => [key, () => 0])),
        created_at: (row) => row.created_at,
        display_name: (row) => row.name,
        uuid: (row) => row.id,
      },
    });
    return ok({
      servers: page.items.map((row) => (detail ? showServer(request, api, row) : showServerShort(request, row))),
      ...(page.next === undefined ? {} : { servers_links: [{ rel: 'next', href: page.next }] }),
    });
  };
  return [
    route('GET', '/v2.1/servers', (request) => list(request, false)),
    route('GET', '/v2.1/servers/detail', (request) => list(request, true)),
    route('POST', '/v2.1/servers', async (request) => await createServer(api, request)),
    route('GET', '/v2.1/servers/:id', (request) => ok({ server: showServer(request, api, find(request)) })),
    route('PUT', '/v2.1/servers/:id', (request) => {
      const row = find(request);
      const name = optionalString(bodyObject(request.body, 'server'), 'name');
      if (name?.trim() === '') throw badRequest("Invalid input for field/attribute name. Value: . '' is too short");
      const description = optionalString(bodyObject(request.body, 'server'), 'description');
      if (name !== undefined) updateServer(store, row.id, { name });
      if (description !== undefined) updateServer(store, row.id, { description });
      return ok({ server: showServer(request, api, find(request)) });
    }),
    route('DELETE', '/v2.1/servers/:id', (request) => {
      const row = find(request);
      if (row.locked === 1 && !request.caller.isAdmin) throw conflict(`Instance ${row.id} is locked`);
      updateServer(store, row.id, { desired: 'deleted' });
      api.controller.changed(row.id);
      return noContent;
    }),
    route('POST', '/v2.1/servers/:id/action', async (request) => await runAction(api, request, find(request))),
    route('GET', '/v2.1/servers/:id/ips', (request) =>
      ok({ addresses: addressesOf(api.networking.portsOfDevice(find(request).id)) }),
    ),
    ...metadataRoutes(store, find),
    ...tagRoutes(store, find),
    ...instanceActionRoutes(store, find),
    ...interfaceRoutes(api, find),
    ...volumeAttachmentRoutes(api, find),
    route('GET', '/v2.1/servers/:id/os-security-groups', (request) =>
      ok({
        security_groups: api.networking
          .portsOfDevice(find(request).id)
          .flatMap((port) => port.securityGroups)
          .map((group) => ({ ...group, description: '', rules: [] })),
      }),
    ),
  ];
}

/** Source: nova/api/openstack/common.py, _STATE_MAP. */
const statuses: ReadonlySet<string> = new Set(
  `ACTIVE BUILD DELETED ERROR HARD_REBOOT MIGRATING PASSWORD PAUSED REBOOT REBUILD RESCUE RESIZE REVERT_RESIZE SHELVED SHELVED_OFFLOADED
   SHUTOFF SOFT_DELETED SUSPENDED UNKNOWN VERIFY_RESIZE`.split(/\s+/),
);

/** Sort keys that Nova knows and by which all servers are equal here. Source: nova/api/openstack/compute/schemas/servers.py. */
const neutralSortKeys =
  `access_ip_v4 access_ip_v6 auto_disk_config availability_zone config_drive display_description host hostname image_ref instance_type_id
   kernel_id key_name launch_index launched_at locked locked_by node power_state progress project_id ramdisk_id root_device_name task_state
   terminated_at updated_at user_id vm_state`.split(/\s+/);

/** Nova compares names as regular expressions; a bad one is a 400. */
function nameMatches(pattern: string, name: string): boolean {
  try {
    return new RegExp(pattern).test(name);
  } catch {
    throw badRequest(`Invalid filter value for name: ${pattern}`);
  }
}
