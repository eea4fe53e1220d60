import {
  type ApiReply,
  type ApiRequest,
  badRequest,
  type Caller,
  canSee,
  conflict,
  created,
  noContent,
  notFound,
  optionalString,
  type Route,
  requiredString,
  route,
} from '../http/index.ts';
import { allocate } from './allocation.ts';
import { checkQuota, type NeutronCore, onlyAdmin, projectFor, visible, visibleNetwork } from './core.ts';
import { insertServicePort } from './port-changes.ts';
import { bodies, changesOf, listReply, showReply, type View } from './query.ts';
import { type FloatingIpRow, owners, type PortRow } from './rows.ts';
import { routerTowards } from './state.ts';

/** 400 in the words of neutron_lib's BadRequest. */
const bad = (message: string): Error => badRequest(`Bad floatingip request: ${message}.`, 'BadRequest');

/** Floating IPs. The address is held by a port of the external network that belongs to nobody. Source: neutron/db/l3_db.py. */
export function floatingIpRoutes(core: NeutronCore): readonly Route[] {
  const find = (request: ApiRequest): FloatingIpRow =>
    visible(request.caller, core.floatingIps, request.params.id ?? '', 'FloatingIP');
  return [
    route('GET', '/v2.0/floatingips', (request) =>
      listReply(
        request,
        'floatingips',
        core.floatingIps
          .list()
          .filter((row) => canSee(request.caller, row.project_id))
          .map((row) => floatingIpView(core, row)),
      ),
    ),
    route('POST', '/v2.0/floatingips', (request) => create(core, request)),
    route('GET', '/v2.0/floatingips/:id', (request) =>
      showReply(request, 'floatingip', floatingIpView(core, find(request))),
    ),
    route('PUT', '/v2.0/floatingips/:id', (request) => update(core, request, find(request))),
    route('DELETE', '/v2.0/floatingips/:id', (request) => {
      const row = find(request);
      core.store.transaction(() => {
        for (const port of core.ports.list())
          if (port.device_owner === owners.floatingIp && port.device_id === row.id) core.ports.remove(port.id);
        core.floatingIps.remove(row.id);
      });
      void core.changed();
      return noContent;
    }),
  ];
}

function floatingIpView(core: NeutronCore, row: FloatingIpRow): View {
  const { name: _name, ...rest } = row;
  const port = row.port_id === null ? undefined : core.ports.get(row.port_id);
  const broken = row.router_id !== null && core.failures().has(`router:${row.router_id}`);
  return {
    ...rest,
    tenant_id: row.project_id,
    status: row.port_id === null ? 'DOWN' : broken ? 'ERROR' : 'ACTIVE',
    port_details:
      port === undefined
        ? null
        : {
            name: port.name,
            network_id: port.network_id,
            mac_address: port.mac_address,
            admin_state_up: port.admin_state_up,
            status: port.status,
            device_id: port.device_id,
            device_owner: port.device_owner,
          },
    qos_policy_id: null,
    port_forwardings: [],
    dns_domain: '',
    dns_name: '',
  };
}

function create(core: NeutronCore, request: ApiRequest): ApiReply {
  const [body = {}] = bodies(request.body, 'floatingip', 'floatingips').items;
  const { caller } = request;
  const row = core.store.transaction(() => {
    const network = visibleNetwork(core, caller, requiredString(body, 'floating_network_id'));
    if (!network.external) throw bad(`Network ${network.id} is not a valid external network`);
    if (!core.subnets.list().some((subnet) => subnet.network_id === network.id))
      throw bad(`Network ${network.id} does not contain any IPv4 subnet`);
    const address = optionalString(body, 'floating_ip_address');
    onlyAdmin(caller, address !== undefined, 'create_floatingip', 'floating_ip_address');
    const subnetId = optionalString(body, 'subnet_id');
    const projectId = projectFor(request, body);
    checkQuota(core, projectId, 'floatingip');
    const wish = {
      ...(subnetId === undefined ? {} : { subnet_id: subnetId }),
      ...(address === undefined ? {} : { ip_address: address }),
    };
    const [fixed] = allocate(core, network.id, Object.keys(wish).length === 0 ? undefined : [wish]);
    if (fixed === undefined) throw bad(`Network ${network.id} does not contain any IPv4 subnet`);
    const floatingIp = core.floatingIps.insert({
      project_id: projectId,
      description: optionalString(body, 'description') ?? '',
      floating_network_id: network.id,
      floating_ip_address: fixed.ip_address,
      port_id: null,
      fixed_ip_address: null,
      router_id: null,
    });
    insertServicePort(core, {
      project_id: '',
      network_id: network.id,
      device_id: floatingIp.id,
      device_owner: owners.floatingIp,
      fixed_ips: [fixed],
    });
    return core.floatingIps.update(floatingIp.id, association(core, caller, floatingIp, body)) ?? floatingIp;
  });
  void core.changed();
  return created({ floatingip: floatingIpView(core, row) });
}

function update(core: NeutronCore, request: ApiRequest, row: FloatingIpRow): ApiReply {
  const body = changesOf(request.body, 'floatingip');
  const result = core.store.transaction(() =>
    core.floatingIps.update(row.id, {
      description: optionalString(body, 'description') ?? row.description,
      ...association(core, request.caller, row, body),
    }),
  );
  void core.changed();
  return showReply(request, 'floatingip', floatingIpView(core, result ?? row));
}

type Association = Pick<FloatingIpRow, 'port_id' | 'fixed_ip_address' | 'router_id'>;

/** What a request makes of the association. Source: `_check_and_get_fip_assoc`. */
function association(core: NeutronCore, caller: Caller, row: FloatingIpRow, body: View): Association {
  const wantedAddress = optionalString(body, 'fixed_ip_address');
  // An absent port_id keeps the association, null takes it away.
  const portId = body.port_id === undefined ? row.port_id : (optionalString(body, 'port_id') ?? null);
  if (portId === null || portId === '') {
    if (wantedAddress !== undefined) throw bad('fixed_ip_address cannot be specified without a port_id');
    return { port_id: null, fixed_ip_address: null, router_id: null };
  }
  if (body.port_id === undefined && wantedAddress === undefined)
    return { port_id: row.port_id, fixed_ip_address: row.fixed_ip_address, router_id: row.router_id };
  const port = visible(caller, core.ports, portId, 'Port');
  if (port.project_id !== row.project_id && !caller.isAdmin)
    throw bad(
      `Cannot process floating IP association with Port ${port.id}, since that port is owned by a different tenant`,
    );
  if (port.device_owner.startsWith('network:')) throw bad(`Port ${port.id} is unable to be assigned a floating IP`);
  const fixed = insideAddress(port, wantedAddress);
  const taken = core.floatingIps
    .list()
    .find(
      (other) =>
        other.id !== row.id &&
        other.port_id === port.id &&
        other.fixed_ip_address === fixed.ip_address &&
        other.floating_network_id === row.floating_network_id,
    );
  if (taken !== undefined)
    throw conflict(
      `Cannot associate floating IP ${row.floating_ip_address} (${row.id}) with port ${port.id} using fixed IP ${fixed.ip_address}, ` +
        `as that fixed IP already has a floating IP on external network ${row.floating_network_id}.`,
      'FloatingIPPortAlreadyAssociated',
    );
  const routerId = routerTowards(core, fixed.subnet_id, row.floating_network_id);
  if (routerId === undefined)
    throw notFound(
      `External network ${row.floating_network_id} is not reachable from subnet ${fixed.subnet_id}.  ` +
        `Therefore, cannot associate Port ${port.id} with a Floating IP.`,
      'ExternalGatewayForFloatingIPNotFound',
    );
  return { port_id: port.id, fixed_ip_address: fixed.ip_address, router_id: routerId };
}

function insideAddress(port: PortRow, wanted: string | undefined): PortRow['fixed_ips'][number] {
  if (wanted !== undefined) {
    const found = port.fixed_ips.find((fixed) => fixed.ip_address === wanted);
    if (found === undefined) throw bad(`Port ${port.id} does not have fixed ip ${wanted}`);
    return found;
  }
  const [only, second] = port.fixed_ips;
  if (only === undefined) throw bad(`Cannot add floating IP to port ${port.id} that has no fixed IPv4 addresses`);
  if (second !== undefined)
    throw bad(
      `Port ${port.id} has multiple fixed IPv4 addresses.  Must provide a specific IPv4 address when assigning a floating IP`,
    );
  return only;
}
