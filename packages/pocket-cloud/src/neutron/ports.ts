import { parseCidr } from '../engine/network/index.ts';
import {
  type ApiReply,
  type ApiRequest,
  badRequest,
  type Caller,
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
import { type AddressWish, allocate, freeMac } from './allocation.ts';
import { absent, checkQuota, type NeutronCore, projectFor, visible, visibleNetwork } from './core.ts';
import { ensureDefaultGroup } from './default-group.ts';
import { removePort } from './port-changes.ts';
import { bodies, changesOf, listReply, showReply, type View } from './query.ts';
import type { PortRow } from './rows.ts';
import { readTags } from './tags.ts';

export function portRoutes(core: NeutronCore): readonly Route[] {
  return [
    route('GET', '/v2.0/ports', (request) =>
      listReply(
        request,
        'ports',
        core.ports
          .list()
          .filter((row) => canSee(request.caller, row.project_id))
          .map(portView),
        { fixed_ips: fixedIpsMatch, security_groups: groupsMatch, ip_allocation: () => true },
      ),
    ),
    route('POST', '/v2.0/ports', (request) => create(core, request)),
    route('GET', '/v2.0/ports/:id', (request) => showReply(request, 'port', portView(find(core, request)))),
    route('PUT', '/v2.0/ports/:id', (request) => update(core, request)),
    route('DELETE', '/v2.0/ports/:id', (request) => remove(core, request)),
  ];
}

export function portView(row: PortRow): View {
  const { host_id, vnic_type, made_for_server: _made, ...rest } = row;
  return {
    ...rest,
    tenant_id: row.project_id,
    allowed_address_pairs: row.allowed_address_pairs.map((pair) => ({
      ...pair,
      mac_address: pair.mac_address === '' ? row.mac_address : pair.mac_address,
    })),
    'binding:host_id': host_id,
    'binding:vnic_type': vnic_type,
    'binding:vif_type': row.device_id === '' ? 'unbound' : 'bridge',
    'binding:vif_details': {},
    'binding:profile': {},
    extra_dhcp_opts: [],
    qos_policy_id: null,
    dns_name: '',
    dns_assignment: [],
    propagate_uplink_status: false,
  };
}

/** `fixed_ips=ip_address=10.0.0.5` and `fixed_ips=subnet_id=…`; every named part must match one of the port's addresses. */
function fixedIpsMatch(view: View, wanted: readonly string[]): boolean {
  const fixedIps = view.fixed_ips as PortRow['fixed_ips'];
  const of = (key: string): string[] =>
    wanted
      .flatMap((text) => text.split(','))
      .filter((text) => text.startsWith(`${key}=`))
      .map((text) => text.slice(key.length + 1));
  const [addresses, parts, subnets] = [of('ip_address'), of('ip_address_substr'), of('subnet_id')];
  return fixedIps.some(
    (fixed) =>
      (addresses.length === 0 || addresses.includes(fixed.ip_address)) &&
      (subnets.length === 0 || subnets.includes(fixed.subnet_id)) &&
      parts.every((part) => fixed.ip_address.includes(part)),
  );
}

function groupsMatch(view: View, wanted: readonly string[]): boolean {
  return (view.security_groups as readonly string[]).some((id) => wanted.includes(id));
}

function find(core: NeutronCore, request: ApiRequest): PortRow {
  return visible(request.caller, core.ports, request.params.id ?? '', 'Port');
}

function create(core: NeutronCore, request: ApiRequest): ApiReply {
  const { items, bulk } = bodies(request.body, 'port', 'ports');
  const rows = core.store.transaction(() =>
    items.map((body) => {
      const network = visibleNetwork(core, request.caller, requiredString(body, 'network_id'));
      const projectId = projectFor(request, body);
      return insertPort(core, request.caller, projectId, network.id, body);
    }),
  );
  void core.changed();
  const views = rows.map(portView);
  return created(bulk ? { ports: views } : { port: views[0] });
}

/** Makes a port from the fields of a request. Inside a transaction of the caller. */
export function insertPort(
  core: NeutronCore,
  caller: Pick<Caller, 'projectId' | 'isAdmin'>,
  projectId: string,
  networkId: string,
  body: View,
  extra: Partial<PortRow> = {},
): PortRow {
  checkQuota(core, projectId, 'port');
  const network = core.networks.get(networkId);
  const secured = optionalBoolean(body, 'port_security_enabled') ?? network?.port_security_enabled ?? true;
  const groups = groupIds(core, caller, body);
  if (!secured && groups !== undefined && groups.length > 0)
    throw badRequest(
      'Port security must be enabled and port must have an IP address in order to use security groups.',
      'PortSecurityAndIPRequiredForSecurityGroups',
    );
  return core.ports.insert({
    project_id: projectId,
    network_id: networkId,
    name: optionalString(body, 'name') ?? '',
    description: optionalString(body, 'description') ?? '',
    tags: body.tags === undefined || body.tags === null ? [] : readTags(body.tags),
    mac_address: macOf(core, networkId, body),
    fixed_ips: allocate(core, networkId, wishes(body)),
    device_id: optionalString(body, 'device_id') ?? '',
    device_owner: optionalString(body, 'device_owner') ?? '',
    security_groups: groups ?? (secured ? [ensureDefaultGroup(core, projectId).id] : []),
    allowed_address_pairs: pairs(body) ?? [],
    port_security_enabled: secured,
    admin_state_up: optionalBoolean(body, 'admin_state_up') ?? true,
    status: 'DOWN',
    host_id: optionalString(body, 'binding:host_id') ?? '',
    vnic_type: optionalString(body, 'binding:vnic_type') ?? 'normal',
    made_for_server: false,
    ...extra,
  });
}

function macOf(core: NeutronCore, networkId: string, body: View): string {
  const wanted = optionalString(body, 'mac_address')?.toLowerCase();
  if (wanted === undefined) return freeMac(core.ports.list(), networkId);
  if (!/^([0-9a-f]{2}:){5}[0-9a-f]{2}$/.test(wanted))
    throw badRequest(`'${wanted}' is not a valid MAC address.`, 'InvalidInput');
  if (core.ports.list().some((port) => port.network_id === networkId && port.mac_address === wanted))
    throw conflict(
      `Unable to complete operation for network ${networkId}. The mac address ${wanted} is in use.`,
      'MacAddressInUse',
    );
  return wanted;
}

/** `fixed_ips` of a request; undefined = choose, an empty list = no address. */
export function wishes(body: View): readonly AddressWish[] | undefined {
  return optionalArray(body, 'fixed_ips')?.map((item) => {
    const { subnet_id, ip_address } = (item ?? {}) as { subnet_id?: unknown; ip_address?: unknown };
    if (typeof subnet_id !== 'string' && typeof ip_address !== 'string')
      throw badRequest('Invalid input for fixed_ips: IP allocation requires subnet_id or ip_address.', 'InvalidInput');
    return {
      ...(typeof subnet_id === 'string' ? { subnet_id } : {}),
      ...(typeof ip_address === 'string' ? { ip_address } : {}),
    };
  });
}

function groupIds(
  core: NeutronCore,
  caller: Pick<Caller, 'projectId' | 'isAdmin'>,
  body: View,
): readonly string[] | undefined {
  return optionalArray(body, 'security_groups')?.map((item) => {
    const group = typeof item === 'string' ? core.groups.get(item) : undefined;
    if (group === undefined || !(caller.isAdmin || group.project_id === caller.projectId))
      throw absent('SecurityGroup', String(item));
    return group.id;
  });
}

function pairs(body: View): PortRow['allowed_address_pairs'] | undefined {
  return optionalArray(body, 'allowed_address_pairs')?.map((item) => {
    const { ip_address, mac_address } = (item ?? {}) as { ip_address?: unknown; mac_address?: unknown };
    if (typeof ip_address !== 'string' || parseCidr(ip_address) === undefined)
      throw badRequest(`'${String(ip_address)}' is not a valid IP address or prefix.`, 'InvalidInput');
    return { ip_address, mac_address: typeof mac_address === 'string' ? mac_address.toLowerCase() : '' };
  });
}

function update(core: NeutronCore, request: ApiRequest): ApiReply {
  const body = changesOf(request.body, 'port');
  const row = find(core, request);
  const result = core.store.transaction(() => {
    const wanted = wishes(body);
    const kept = (wish: AddressWish): AddressWish =>
      wish.ip_address === undefined
        ? (row.fixed_ips.find((fixed) => fixed.subnet_id === wish.subnet_id) ?? wish)
        : wish;
    const deviceId = optionalString(body, 'device_id') ?? row.device_id;
    const secured = optionalBoolean(body, 'port_security_enabled') ?? row.port_security_enabled;
    if (!secured && (pairs(body) ?? row.allowed_address_pairs).length > 0)
      throw conflict(
        'Port Security must be enabled in order to have allowed address pairs on a port.',
        'AddressPairAndPortSecurityRequired',
      );
    return core.ports.update(row.id, {
      name: optionalString(body, 'name') ?? row.name,
      description: optionalString(body, 'description') ?? row.description,
      admin_state_up: optionalBoolean(body, 'admin_state_up') ?? row.admin_state_up,
      device_id: deviceId,
      device_owner: optionalString(body, 'device_owner') ?? row.device_owner,
      fixed_ips: wanted === undefined ? row.fixed_ips : allocate(core, row.network_id, wanted.map(kept), row.id),
      security_groups: groupIds(core, request.caller, body) ?? row.security_groups,
      allowed_address_pairs: pairs(body) ?? row.allowed_address_pairs,
      port_security_enabled: secured,
      host_id: optionalString(body, 'binding:host_id') ?? row.host_id,
    });
  });
  void core.changed();
  return showReply(request, 'port', portView(result ?? row));
}

function remove(core: NeutronCore, request: ApiRequest): ApiReply {
  const row = find(core, request);
  if (row.device_owner.startsWith('network:router_') || row.device_owner === 'network:floatingip')
    throw conflict(
      `Port ${row.id} cannot be deleted directly via the port API: has device owner ${row.device_owner}.`,
      'ServicePortInUse',
    );
  core.store.transaction(() => removePort(core, row.id));
  void core.changed();
  return noContent;
}
