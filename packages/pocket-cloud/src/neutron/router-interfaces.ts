import { addressOf, cidrOf, contains } from '../engine/network/index.ts';
import {
  type ApiReply,
  type ApiRequest,
  badRequest,
  canSee,
  conflict,
  isObject,
  notFound,
  ok,
  type Route,
  route,
} from '../http/index.ts';
import { allocate } from './allocation.ts';
import { absent, canSeeNetwork, checkQuota, type NeutronCore, visible } from './core.ts';
import { insertServicePort, removePort } from './port-changes.ts';
import { badRouter, portsOfRouter, refuseOverlap } from './router-gateway.ts';
import { owners, type PortRow, type RouterRow, type SubnetRow } from './rows.ts';

/** Connecting routers with subnets. Source: neutron/db/l3_db.py, `add_router_interface` and `remove_router_interface`. */
export function routerInterfaceRoutes(core: NeutronCore): readonly Route[] {
  return [
    route('PUT', '/v2.0/routers/:id/add_router_interface', (request) => add(core, request)),
    route('PUT', '/v2.0/routers/:id/remove_router_interface', (request) => remove(core, request)),
  ];
}

interface Wish {
  readonly router: RouterRow;
  readonly subnetId: string | undefined;
  readonly portId: string | undefined;
}

function read(core: NeutronCore, request: ApiRequest): Wish {
  const router = visible(request.caller, core.routers, request.params.id ?? '', 'Router');
  const body = isObject(request.body) ? request.body : {};
  const text = (key: string): string | undefined => {
    const value = body[key];
    if (value === undefined || value === null) return undefined;
    if (typeof value !== 'string') throw badRouter(`'${JSON.stringify(value)}' is not a valid UUID`);
    return value;
  };
  const wish = { router, subnetId: text('subnet_id'), portId: text('port_id') };
  if (wish.subnetId === undefined && wish.portId === undefined)
    throw badRouter('Either subnet_id or port_id must be specified');
  return wish;
}

function reply(router: RouterRow, port: PortRow, subnetIds: readonly string[]): ApiReply {
  return ok({
    id: router.id,
    tenant_id: port.project_id,
    project_id: port.project_id,
    port_id: port.id,
    network_id: port.network_id,
    subnet_id: subnetIds.at(-1),
    subnet_ids: subnetIds,
    tags: router.tags,
  });
}

function add(core: NeutronCore, request: ApiRequest): ApiReply {
  const { router, subnetId, portId } = read(core, request);
  if (subnetId !== undefined && portId !== undefined) throw badRouter('Cannot specify both subnet-id and port-id');
  const port = core.store.transaction(() =>
    portId === undefined
      ? addBySubnet(core, request, router, subnetId ?? '')
      : addByPort(core, request, router, portId),
  );
  void core.changed();
  return reply(
    router,
    port,
    port.fixed_ips.map((fixed) => fixed.subnet_id),
  );
}

function addBySubnet(core: NeutronCore, request: ApiRequest, router: RouterRow, subnetId: string): PortRow {
  const subnet = seenSubnet(core, request, subnetId);
  if (subnet.gateway_ip === null) throw badRouter('Subnet for router interface must have a gateway IP');
  if (!canSee(request.caller, subnet.project_id))
    throw badRouter(
      `Cannot add interface to router because subnet ${subnet.id} is not owned by project making the request`,
    );
  refuseOverlap(core, router.id, [subnet]);
  checkQuota(core, router.project_id, 'port');
  return insertServicePort(core, {
    project_id: router.project_id,
    network_id: subnet.network_id,
    device_id: router.id,
    device_owner: owners.routerInterface,
    fixed_ips: allocate(core, subnet.network_id, [{ subnet_id: subnet.id, ip_address: subnet.gateway_ip }]),
  });
}

function seenSubnet(core: NeutronCore, request: ApiRequest, subnetId: string): SubnetRow {
  const subnet = core.subnets.get(subnetId);
  const network = subnet === undefined ? undefined : core.networks.get(subnet.network_id);
  if (subnet === undefined || network === undefined || !canSeeNetwork(request.caller, network))
    throw absent('Subnet', subnetId);
  return subnet;
}

function addByPort(core: NeutronCore, request: ApiRequest, router: RouterRow, portId: string): PortRow {
  const port = visible(request.caller, core.ports, portId, 'Port');
  if (port.device_id !== '')
    throw conflict(
      `Unable to complete operation on port ${port.id} for network ${port.network_id}. Port already has an attached device ${port.device_id}.`,
      'PortInUse',
    );
  if (port.fixed_ips.length === 0) throw badRouter('Router port must have at least one fixed IP');
  if (port.fixed_ips.length > 1) throw badRouter('Cannot have multiple IPv4 subnets on router port');
  const subnets = port.fixed_ips.flatMap((fixed) => core.subnets.get(fixed.subnet_id) ?? []);
  refuseOverlap(core, router.id, subnets);
  const change = {
    device_id: router.id,
    device_owner: owners.routerInterface,
    security_groups: [],
    status: 'ACTIVE',
  } as const;
  return core.ports.update(port.id, change) ?? port;
}

function remove(core: NeutronCore, request: ApiRequest): ApiReply {
  const { router, subnetId, portId } = read(core, request);
  const port = core.store.transaction(() => {
    const found = legOf(core, request, router, subnetId, portId);
    for (const { subnet_id } of found.fixed_ips) refuseWhileUsed(core, router, subnet_id);
    removePort(core, found.id);
    return found;
  });
  void core.changed();
  return reply(
    router,
    port,
    port.fixed_ips.map((fixed) => fixed.subnet_id),
  );
}

function legOf(
  core: NeutronCore,
  request: ApiRequest,
  router: RouterRow,
  subnetId: string | undefined,
  portId: string | undefined,
): PortRow {
  const legs = portsOfRouter(core, router.id).filter((port) => port.device_owner === owners.routerInterface);
  if (portId !== undefined) {
    const port = legs.find((leg) => leg.id === portId);
    if (port === undefined)
      throw notFound(`Router ${router.id} does not have an interface with id ${portId}`, 'RouterInterfaceNotFound');
    if (subnetId !== undefined && !port.fixed_ips.some((fixed) => fixed.subnet_id === subnetId))
      throw badRequest(
        `Subnet on port ${portId} does not match the requested subnet ${subnetId}.`,
        'SubnetMismatchForPort',
      );
    return port;
  }
  const subnet = seenSubnet(core, request, subnetId ?? '');
  const port = legs.find((leg) => leg.fixed_ips.some((fixed) => fixed.subnet_id === subnet.id));
  if (port === undefined)
    throw notFound(`Router ${router.id} has no interface on subnet ${subnet.id}`, 'RouterInterfaceNotFoundForSubnet');
  return port;
}

function refuseWhileUsed(core: NeutronCore, router: RouterRow, subnetId: string): void {
  const subnet = core.subnets.get(subnetId);
  if (subnet === undefined) return;
  const cidr = cidrOf(subnet.cidr);
  const holds = (address: string | null): boolean => address !== null && contains(cidr, addressOf(address));
  const refuse = (what: string, type: string): Error =>
    conflict(
      `Router interface for subnet ${subnetId} on router ${router.id} cannot be deleted, as it is required by one or more ${what}.`,
      type,
    );
  if (core.floatingIps.list().some((row) => row.router_id === router.id && holds(row.fixed_ip_address)))
    throw refuse('floating IPs', 'RouterInterfaceInUseByFloatingIP');
  if (router.routes.some((entry) => holds(entry.nexthop))) throw refuse('routes', 'RouterInterfaceInUseByRoute');
}
