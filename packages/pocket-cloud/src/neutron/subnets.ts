import {
  addressOf,
  cidrOf,
  contains,
  formatAddress,
  formatCidr,
  overlaps,
  parseAddress,
  parseCidr,
} from '../engine/network/index.ts';
import {
  type ApiReply,
  type ApiRequest,
  badRequest,
  canSee,
  conflict,
  created,
  noContent,
  optionalArray,
  optionalBoolean,
  optionalString,
  type Route,
  requiredString,
  route,
} from '../http/index.ts';
import { defaultPools } from './allocation.ts';
import { absent, canSeeNetwork, checkQuota, type NeutronCore, projectFor, visibleNetwork } from './core.ts';
import { ensureDhcpPort } from './port-changes.ts';
import { bodies, changesOf, listReply, showReply, type View } from './query.ts';
import { owners, type RouteRow, type SubnetRow } from './rows.ts';
import { rangeFromPool } from './subnet-pools.ts';

export function subnetRoutes(core: NeutronCore): readonly Route[] {
  return [
    route('GET', '/v2.0/subnets', (request) =>
      listReply(
        request,
        'subnets',
        core.subnets
          .list()
          .filter((row) => sees(core, request, row))
          .map(subnetView),
      ),
    ),
    route('POST', '/v2.0/subnets', (request) => create(core, request)),
    route('GET', '/v2.0/subnets/:id', (request) => showReply(request, 'subnet', subnetView(find(core, request)))),
    route('PUT', '/v2.0/subnets/:id', (request) => update(core, request)),
    route('DELETE', '/v2.0/subnets/:id', (request) => remove(core, request)),
  ];
}

export function subnetView(row: SubnetRow): View {
  return {
    ...row,
    tenant_id: row.project_id,
    ip_version: 4,
    subnetpool_id: row.subnetpool_id ?? null,
    service_types: [],
    ipv6_address_mode: null,
    ipv6_ra_mode: null,
    segment_id: null,
  };
}

function sees(core: NeutronCore, request: ApiRequest, row: SubnetRow): boolean {
  const network = core.networks.get(row.network_id);
  return canSee(request.caller, row.project_id) || (network !== undefined && canSeeNetwork(request.caller, network));
}

function find(core: NeutronCore, request: ApiRequest): SubnetRow {
  const id = request.params.id ?? '';
  const row = core.subnets.get(id);
  if (row === undefined || !sees(core, request, row)) throw absent('Subnet', id);
  return row;
}

function own(core: NeutronCore, request: ApiRequest): SubnetRow {
  const row = find(core, request);
  if (!canSee(request.caller, row.project_id)) throw absent('Subnet', row.id);
  return row;
}

function create(core: NeutronCore, request: ApiRequest): ApiReply {
  const { items, bulk } = bodies(request.body, 'subnet', 'subnets');
  const rows = core.store.transaction(() => items.map((body) => createOne(core, request, body)));
  void core.changed();
  return created(bulk ? { subnets: rows.map(subnetView) } : { subnet: rows[0] && subnetView(rows[0]) });
}

function createOne(core: NeutronCore, request: ApiRequest, body: View): SubnetRow {
  const network = visibleNetwork(core, request.caller, requiredString(body, 'network_id'));
  if (!canSee(request.caller, network.project_id)) throw absent('Network', network.id);
  if (body.ip_version !== undefined && Number(body.ip_version) !== 4)
    throw badRequest('This cloud offers IPv4 subnets only: ip_version must be 4.', 'InvalidInput');
  const pooled = rangeFromPool(core, request.caller, body);
  const cidr = parseCidr(pooled?.cidr ?? requiredString(body, 'cidr'));
  if (cidr === undefined || cidr.prefixLength > 30)
    throw badRequest(
      `Invalid input for cidr. Reason: '${String(body.cidr)}' is not a valid IP subnet.`,
      'InvalidInput',
    );
  for (const other of core.subnets.list())
    if (other.network_id === network.id && overlaps(cidrOf(other.cidr), cidr))
      throw badRequest(
        `Invalid input for operation: Requested subnet with cidr: ${formatCidr(cidr)} for network: ${network.id} overlaps with another subnet.`,
        'InvalidInput',
      );
  const projectId = projectFor(request, body);
  checkQuota(core, projectId, 'subnet');
  const text = formatCidr(cidr);
  const gateway =
    body.gateway_ip === null ? null : (optionalString(body, 'gateway_ip') ?? formatAddress(cidr.base + 1));
  if (gateway !== null && parseAddress(gateway) === undefined)
    throw badRequest(`'${gateway}' is not a valid IP address.`, 'InvalidInput');
  const row = core.subnets.insert({
    project_id: projectId,
    network_id: network.id,
    name: optionalString(body, 'name') ?? '',
    description: optionalString(body, 'description') ?? '',
    cidr: text,
    ...(pooled === undefined ? {} : { subnetpool_id: pooled.poolId }),
    gateway_ip: gateway,
    enable_dhcp: optionalBoolean(body, 'enable_dhcp') ?? true,
    dns_nameservers: addresses(body, 'dns_nameservers') ?? [],
    host_routes: routes(body, 'host_routes') ?? [],
    allocation_pools: pools(body, text) ?? defaultPools(text, gateway),
  });
  ensureDhcpPort(core, network.id);
  return row;
}

function addresses(body: View, key: string): readonly string[] | undefined {
  return optionalArray(body, key)?.map((item) => {
    if (typeof item !== 'string' || parseAddress(item) === undefined)
      throw badRequest(
        `Invalid input for ${key}. Reason: '${String(item)}' is not a valid IPv4 address.`,
        'InvalidInput',
      );
    return item;
  });
}

/** `[{destination, nexthop}]` of subnets (host_routes) and routers (routes). */
export function routes(body: View, key: string): readonly RouteRow[] | undefined {
  return optionalArray(body, key)?.map((item) => {
    const { destination, nexthop } = (item ?? {}) as { destination?: unknown; nexthop?: unknown };
    const cidr = typeof destination === 'string' ? parseCidr(destination) : undefined;
    if (cidr === undefined || typeof nexthop !== 'string' || parseAddress(nexthop) === undefined)
      throw badRequest(
        `Invalid input for ${key}. Reason: ${JSON.stringify(item)} is not a valid route.`,
        'InvalidInput',
      );
    return { destination: formatCidr(cidr), nexthop };
  });
}

function pools(body: View, cidrText: string): readonly { start: string; end: string }[] | undefined {
  const cidr = cidrOf(cidrText);
  return optionalArray(body, 'allocation_pools')?.map((item) => {
    const { start, end } = (item ?? {}) as { start?: unknown; end?: unknown };
    const valid =
      typeof start === 'string' &&
      typeof end === 'string' &&
      parseAddress(start) !== undefined &&
      parseAddress(end) !== undefined &&
      addressOf(start) <= addressOf(end) &&
      contains(cidr, addressOf(start)) &&
      contains(cidr, addressOf(end));
    if (!valid)
      throw badRequest(`The allocation pool ${String(start)}-${String(end)} is not valid.`, 'InvalidAllocationPool');
    return { start, end };
  });
}

function update(core: NeutronCore, request: ApiRequest): ApiReply {
  const body = changesOf(request.body, 'subnet');
  const row = own(core, request);
  const gateway = body.gateway_ip === null ? null : (optionalString(body, 'gateway_ip') ?? row.gateway_ip);
  const result = core.store.transaction(() => {
    const changedRow = core.subnets.update(row.id, {
      name: optionalString(body, 'name') ?? row.name,
      description: optionalString(body, 'description') ?? row.description,
      gateway_ip: gateway,
      enable_dhcp: optionalBoolean(body, 'enable_dhcp') ?? row.enable_dhcp,
      dns_nameservers: addresses(body, 'dns_nameservers') ?? row.dns_nameservers,
      host_routes: routes(body, 'host_routes') ?? row.host_routes,
      allocation_pools: pools(body, row.cidr) ?? row.allocation_pools,
    });
    ensureDhcpPort(core, row.network_id);
    return changedRow ?? row;
  });
  void core.changed();
  return showReply(request, 'subnet', subnetView(result));
}

function remove(core: NeutronCore, request: ApiRequest): ApiReply {
  const row = own(core, request);
  core.store.transaction(() => {
    const using = core.ports
      .list()
      .filter(
        (port) => port.device_owner !== owners.dhcp && port.fixed_ips.some((fixed) => fixed.subnet_id === row.id),
      );
    if (using.length > 0)
      throw conflict(
        `Unable to complete operation on subnet ${row.id}: One or more ports have an IP allocation from this subnet.`,
        'SubnetInUse',
      );
    core.subnets.remove(row.id);
    ensureDhcpPort(core, row.network_id);
  });
  void core.changed();
  return noContent;
}
