import {
  type ApiReply,
  type ApiRequest,
  conflict,
  created,
  noContent,
  optionalBoolean,
  optionalInteger,
  optionalString,
  type Route,
  route,
} from '../http/index.ts';
import { absent, canSeeNetwork, checkQuota, type NeutronCore, onlyAdmin, projectFor, visibleNetwork } from './core.ts';
import { removePort } from './port-changes.ts';
import { bodies, changesOf, listReply, showReply, type View } from './query.ts';
import { type NetworkRow, owners } from './rows.ts';

export function networkRoutes(core: NeutronCore): readonly Route[] {
  return [
    route('GET', '/v2.0/networks', (request) =>
      listReply(
        request,
        'networks',
        core.networks
          .list()
          .filter((row) => canSeeNetwork(request.caller, row))
          .map((row) => networkView(core, row)),
      ),
    ),
    route('POST', '/v2.0/networks', (request) => create(core, request)),
    route('GET', '/v2.0/networks/:id', (request) =>
      showReply(request, 'network', networkView(core, visibleNetwork(core, request.caller, request.params.id ?? ''))),
    ),
    route('PUT', '/v2.0/networks/:id', (request) => update(core, request)),
    route('DELETE', '/v2.0/networks/:id', (request) => remove(core, request)),
  ];
}

export function networkView(core: NeutronCore, row: NetworkRow): View {
  const { external, zone: _zone, ...rest } = row;
  return {
    ...rest,
    tenant_id: row.project_id,
    status: 'ACTIVE',
    subnets: core.subnets
      .list()
      .filter((subnet) => subnet.network_id === row.id)
      .map((subnet) => subnet.id),
    'router:external': external,
    availability_zone_hints: [],
    availability_zones: ['nova'],
    ipv4_address_scope: null,
    ipv6_address_scope: null,
  };
}

function create(core: NeutronCore, request: ApiRequest): ApiReply {
  const { items, bulk } = bodies(request.body, 'network', 'networks');
  const rows = core.store.transaction(() =>
    items.map((body) => {
      const external = optionalBoolean(body, 'router:external') ?? false;
      const shared = optionalBoolean(body, 'shared') ?? false;
      onlyAdmin(request.caller, external, 'create_network', 'router:external');
      onlyAdmin(request.caller, shared, 'create_network', 'shared');
      const projectId = projectFor(request, body);
      checkQuota(core, projectId, 'network');
      return core.networks.insert({
        project_id: projectId,
        name: optionalString(body, 'name') ?? '',
        description: optionalString(body, 'description') ?? '',
        admin_state_up: optionalBoolean(body, 'admin_state_up') ?? true,
        shared,
        external,
        mtu: optionalInteger(body, 'mtu', 576, 9000) ?? 1500,
        port_security_enabled: optionalBoolean(body, 'port_security_enabled') ?? true,
        zone: freeZone(core),
      });
    }),
  );
  void core.changed();
  const views = rows.map((row) => networkView(core, row));
  return created(bulk ? { networks: views } : { network: views[0] });
}

/** Lowest conntrack zone that no network has; 0 is the kernel's default zone. */
export function freeZone(core: NeutronCore): number {
  const used = new Set(core.networks.list().map((row) => row.zone));
  for (let zone = 1; zone < 65_536; zone += 1) if (!used.has(zone)) return zone;
  throw conflict('Unable to create the network. No more conntrack zones are available.', 'NoNetworkAvailable');
}

function own(core: NeutronCore, request: ApiRequest): NetworkRow {
  const row = visibleNetwork(core, request.caller, request.params.id ?? '');
  if (row.project_id !== request.caller.projectId && !request.caller.isAdmin) throw absent('Network', row.id);
  return row;
}

function update(core: NeutronCore, request: ApiRequest): ApiReply {
  const body = changesOf(request.body, 'network');
  const row = own(core, request);
  const external = optionalBoolean(body, 'router:external');
  const shared = optionalBoolean(body, 'shared');
  onlyAdmin(request.caller, external ?? false, 'update_network', 'router:external');
  onlyAdmin(request.caller, shared ?? false, 'update_network', 'shared');
  const changedRow = core.networks.update(row.id, {
    name: optionalString(body, 'name') ?? row.name,
    description: optionalString(body, 'description') ?? row.description,
    admin_state_up: optionalBoolean(body, 'admin_state_up') ?? row.admin_state_up,
    shared: shared ?? row.shared,
    external: external ?? row.external,
    mtu: optionalInteger(body, 'mtu', 576, 9000) ?? row.mtu,
    port_security_enabled: optionalBoolean(body, 'port_security_enabled') ?? row.port_security_enabled,
  });
  void core.changed();
  return showReply(request, 'network', networkView(core, changedRow ?? row));
}

/** Ports that Neutron itself made for a network's DHCP go with it; any other port keeps the network. */
function remove(core: NeutronCore, request: ApiRequest): ApiReply {
  const row = own(core, request);
  core.store.transaction(() => {
    const ports = core.ports.list().filter((port) => port.network_id === row.id);
    if (ports.some((port) => port.device_owner !== owners.dhcp))
      throw conflict(
        `Unable to complete operation on network ${row.id}. There are one or more ports still in use on the network, ` +
          `id for these ports is ${ports
            .filter((port) => port.device_owner !== owners.dhcp)
            .map((port) => port.id)
            .join(',')}.`,
        'NetworkInUse',
      );
    for (const port of ports) removePort(core, port.id);
    for (const subnet of core.subnets.list()) if (subnet.network_id === row.id) core.subnets.remove(subnet.id);
    core.networks.remove(row.id);
  });
  void core.changed();
  return noContent;
}
