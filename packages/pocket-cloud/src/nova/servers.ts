import {
  type ApiReply,
  type ApiRequest,
  badRequest,
  bodyObject,
  canSee,
  conflict,
  isObject,
  listPage,
  noContent,
  notFound,
  ok,
  optionalString,
  type Route,
  route,
  stringMap,
} from '../http/index.ts';
import type { Store } from '../store/index.ts';
import type { ServerController } from './controller.ts';
import { createServer } from './create-server.ts';
import { interfaceRoutes } from './interfaces.ts';
import type { ServerNetworking } from './networking.ts';
import { type ServerRow, serverById, updateServer } from './rows.ts';
import { runAction } from './server-actions.ts';
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
    const everywhere = caller.isAdmin && /^(1|true|)$/i.test(query.get('all_tenants') ?? '0');
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
      sortKeys: { created_at: (row) => row.created_at, display_name: (row) => row.name, uuid: (row) => row.id },
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
      if (name !== undefined) updateServer(store, row.id, { name });
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
    route('GET', '/v2.1/servers/:id/metadata', (request) => ok({ metadata: JSON.parse(find(request).metadata) })),
    ...(['POST', 'PUT'] as const).map((method) =>
      route(method, '/v2.1/servers/:id/metadata', (request) => {
        const row = find(request);
        const wanted = stringMap(bodyObject(request.body, 'metadata'));
        const metadata = method === 'PUT' ? wanted : { ...JSON.parse(row.metadata), ...wanted };
        updateServer(store, row.id, { metadata: JSON.stringify(metadata) });
        return ok({ metadata });
      }),
    ),
    route('DELETE', '/v2.1/servers/:id/metadata/:key', (request) => {
      const row = find(request);
      const { [request.params.key ?? '']: gone, ...rest } = JSON.parse(row.metadata) as Record<string, string>;
      if (gone === undefined) throw notFound('Metadata item was not found');
      updateServer(store, row.id, { metadata: JSON.stringify(rest) });
      return noContent;
    }),
    route('GET', '/v2.1/servers/:id/tags', (request) => ok({ tags: JSON.parse(find(request).tags) })),
    route('PUT', '/v2.1/servers/:id/tags', (request) => {
      const row = find(request);
      const tags = isObject(request.body) && Array.isArray(request.body.tags) ? request.body.tags.map(String) : [];
      updateServer(store, row.id, { tags: JSON.stringify(tags) });
      return ok({ tags });
    }),
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

/** Nova compares names as regular expressions; a bad one is a 400. */
function nameMatches(pattern: string, name: string): boolean {
  try {
    return new RegExp(pattern).test(name);
  } catch {
    throw badRequest(`Invalid filter value for name: ${pattern}`);
  }
}
