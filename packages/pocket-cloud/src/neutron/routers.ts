import {
  type ApiReply,
  type ApiRequest,
  badRequest,
  canSee,
  conflict,
  created,
  noContent,
  ok,
  optionalBoolean,
  optionalString,
  type Route,
  route,
} from '../http/index.ts';
import { checkQuota, type NeutronCore, projectFor, visible } from './core.ts';
import { removePort } from './port-changes.ts';
import { bodies, changesOf, listReply, showReply, type View } from './query.ts';
import {
  badRouter,
  type GatewayWish,
  gatewayPortOf,
  isConnected,
  portsOfRouter,
  readGateway,
  setGateway,
} from './router-gateway.ts';
import { owners, type RouteRow, type RouterRow } from './rows.ts';
import { routes as readRoutes } from './subnets.ts';

/** Neutron's `max_routes`. */
const maxRoutes = 30;

export function routerRoutes(core: NeutronCore): readonly Route[] {
  const find = (request: ApiRequest): RouterRow =>
    visible(request.caller, core.routers, request.params.id ?? '', 'Router');
  return [
    route('GET', '/v2.0/routers', (request) =>
      listReply(
        request,
        'routers',
        core.routers
          .list()
          .filter((row) => canSee(request.caller, row.project_id))
          .map((row) => routerView(core, request, row)),
      ),
    ),
    route('POST', '/v2.0/routers', (request) => create(core, request)),
    route('GET', '/v2.0/routers/:id', (request) =>
      showReply(request, 'router', routerView(core, request, find(request))),
    ),
    route('PUT', '/v2.0/routers/:id', (request) => update(core, request, find(request))),
    route('DELETE', '/v2.0/routers/:id', (request) => remove(core, find(request))),
    route('PUT', '/v2.0/routers/:id/add_extraroutes', (request) =>
      changeRoutes(core, request, find(request), (old, given) => [
        ...old.filter((entry) => !includes(given, entry)),
        ...given,
      ]),
    ),
    route('PUT', '/v2.0/routers/:id/remove_extraroutes', (request) =>
      changeRoutes(core, request, find(request), (old, given) => old.filter((entry) => !includes(given, entry))),
    ),
  ];
}

function includes(list: readonly RouteRow[], entry: RouteRow): boolean {
  return list.some((other) => other.destination === entry.destination && other.nexthop === entry.nexthop);
}

function routerView(core: NeutronCore, request: ApiRequest, row: RouterRow): View {
  const { external_gateway, ...rest } = row;
  return {
    ...rest,
    tenant_id: row.project_id,
    status: core.failures().has(`router:${row.id}`) ? 'ERROR' : 'ACTIVE',
    external_gateway_info:
      external_gateway === null
        ? null
        : { ...external_gateway, external_fixed_ips: gatewayPortOf(core, row.id)?.fixed_ips ?? [] },
    availability_zone_hints: [],
    availability_zones: ['nova'],
    flavor_id: null,
    ...(request.caller.isAdmin ? { ha: false, distributed: false } : {}),
  };
}

/** This cloud has one host, so there is nothing to distribute a router over. */
function refuseKinds(body: View): void {
  for (const kind of ['ha', 'distributed'])
    if (optionalBoolean(body, kind) === true) throw badRouter(`this cloud has no routers with ${kind}=true`);
}

function create(core: NeutronCore, request: ApiRequest): ApiReply {
  const { items, bulk } = bodies(request.body, 'router', 'routers');
  const rows = core.store.transaction(() =>
    items.map((body) => {
      refuseKinds(body);
      if (body.routes !== undefined) throw badRequest("Attribute 'routes' not allowed in POST", 'HTTPBadRequest');
      const projectId = projectFor(request, body);
      const gateway = readGateway(core, request.caller, 'create_router', body);
      checkQuota(core, projectId, 'router');
      const row = core.routers.insert({
        project_id: projectId,
        name: optionalString(body, 'name') ?? '',
        description: optionalString(body, 'description') ?? '',
        admin_state_up: optionalBoolean(body, 'admin_state_up') ?? true,
        external_gateway: null,
        routes: [],
      });
      return gateway === undefined ? row : setGateway(core, row, gateway);
    }),
  );
  void core.changed();
  const views = rows.map((row) => routerView(core, request, row));
  return created(bulk ? { routers: views } : { router: views[0] });
}

function update(core: NeutronCore, request: ApiRequest, row: RouterRow): ApiReply {
  const body = changesOf(request.body, 'router');
  refuseKinds(body);
  const gateway = readGateway(core, request.caller, 'update_router', body);
  const routes = readRoutes(body, 'routes');
  const result = core.store.transaction(() => applyUpdate(core, row, body, gateway, routes));
  void core.changed();
  return showReply(request, 'router', routerView(core, request, result));
}

function applyUpdate(
  core: NeutronCore,
  row: RouterRow,
  body: View,
  gateway: GatewayWish | null | undefined,
  routes: readonly RouteRow[] | undefined,
): RouterRow {
  const changed = gateway === undefined ? row : setGateway(core, row, gateway);
  if (routes !== undefined) checkRoutes(core, row.id, routes);
  return (
    core.routers.update(row.id, {
      name: optionalString(body, 'name') ?? row.name,
      description: optionalString(body, 'description') ?? row.description,
      admin_state_up: optionalBoolean(body, 'admin_state_up') ?? row.admin_state_up,
      routes: routes ?? row.routes,
    }) ?? changed
  );
}

/** Source: neutron/db/extraroute_db.py, `_validate_routes`. */
function checkRoutes(core: NeutronCore, routerId: string, routes: readonly RouteRow[]): void {
  if (routes.length > maxRoutes)
    throw badRequest(
      `Unable to complete operation for ${routerId}. The number of routes exceeds the maximum ${maxRoutes}.`,
      'RoutesExhausted',
    );
  const invalid = (reason: string): Error =>
    badRequest(`Invalid format for routes: ${JSON.stringify(routes)}, ${reason}`, 'InvalidRoutes');
  const own = new Set(portsOfRouter(core, routerId).flatMap((port) => port.fixed_ips.map((fixed) => fixed.ip_address)));
  for (const { nexthop } of routes) {
    if (!isConnected(core, routerId, nexthop)) throw invalid('the nexthop is not connected with router');
    if (own.has(nexthop)) throw invalid('the nexthop is used by router');
  }
}

function changeRoutes(
  core: NeutronCore,
  request: ApiRequest,
  row: RouterRow,
  combine: (old: readonly RouteRow[], given: readonly RouteRow[]) => readonly RouteRow[],
): ApiReply {
  const body = changesOf(request.body, 'router');
  const given = readRoutes(body, 'routes') ?? [];
  const result = core.store.transaction(() =>
    applyUpdate(core, row, {}, undefined, combine(core.routers.get(row.id)?.routes ?? [], given)),
  );
  void core.changed();
  return ok({ router: routerView(core, request, result) });
}

function remove(core: NeutronCore, row: RouterRow): ApiReply {
  core.store.transaction(() => {
    const legs = portsOfRouter(core, row.id).filter((port) => port.device_owner === owners.routerInterface);
    if (legs.length > 0)
      throw conflict(
        `Router ${row.id} has ports still attached: ${legs.map((port) => port.id).join(', ')}`,
        'RouterInUse',
      );
    setGateway(core, row, null);
    for (const port of portsOfRouter(core, row.id)) removePort(core, port.id);
    core.routers.remove(row.id);
  });
  void core.changed();
  return noContent;
}
