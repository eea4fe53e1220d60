import { addressOf, cidrOf, contains, networkNames, parseAddress } from '../engine/network/index.ts';
import { badRequest } from '../http/index.ts';
import type { VipNetworking, VipRequest } from '../octavia/index.ts';
import { allocate } from './allocation.ts';
import { checkQuota, type NeutronCore } from './core.ts';
import { insertServicePort, removePort } from './port-changes.ts';
import { owners, type PortRow, type SubnetRow } from './rows.ts';
import { prepare } from './server-networking.ts';
import { legSpec } from './state.ts';

const nameOf = (loadBalancerId: string): string => `octavia-lb-${loadBalancerId}`;
const nodeNameOf = (loadBalancerId: string): string => `octavia-lb-vrrp-${loadBalancerId}`;
const deviceOf = (loadBalancerId: string): string => `lb-${loadBalancerId}`;

/** Octavia's side of Neutron, in-process: the port that holds a load balancer's address. Source: octavia/network/drivers/neutron. */
export function createVipNetworking(core: NeutronCore): VipNetworking {
  const names = networkNames(core.config.prefix);
  const portOf = (portId: string): PortRow => {
    const port = core.ports.get(portId);
    if (port === undefined) throw new Error(`the VIP port ${portId} is gone`);
    return port;
  };
  return {
    createVipPort: (request) => {
      const port = request.portId === undefined ? makePort(core, request) : takePort(core, request, request.portId);
      void core.changed();
      const [fixed] = port.fixed_ips;
      if (fixed === undefined) throw badRequest(`The VIP port ${port.id} has no IPv4 address.`);
      return { portId: port.id, networkId: port.network_id, subnetId: fixed.subnet_id, address: fixed.ip_address };
    },
    createNodePorts: ({ loadBalancerId, vip, count }) => {
      const ids = Array.from(
        { length: count },
        () =>
          insertServicePort(core, {
            project_id: '',
            network_id: vip.networkId,
            name: nodeNameOf(loadBalancerId),
            device_id: deviceOf(loadBalancerId),
            device_owner: owners.loadBalancer,
            fixed_ips: allocate(core, vip.networkId, [{ subnet_id: vip.subnetId }]),
          }).id,
      );
      void core.changed();
      return ids;
    },
    releaseNodePorts: (loadBalancerId) => {
      const own = core.ports.list().filter((port) => port.name === nodeNameOf(loadBalancerId));
      for (const port of own) removePort(core, port.id);
      if (own.length > 0) void core.changed();
    },
    releaseVipPort: (portId, loadBalancerId) => {
      const port = core.ports.get(portId);
      if (port === undefined || port.device_id !== deviceOf(loadBalancerId)) return;
      if (port.name === nameOf(loadBalancerId)) removePort(core, port.id);
      else core.ports.update(port.id, { device_id: '', device_owner: '', host_id: '', status: 'DOWN' });
      void core.changed();
    },
    vipLeg: (portId) => {
      const port = portOf(portId);
      const network = core.networks.get(port.network_id);
      const subnets = new Map(core.subnets.list().map((row) => [row.id, row]));
      return {
        leg: legSpec(port, subnets, network?.mtu ?? 1500),
        bridge: network?.external ? names.externalBridge : names.bridge(port.network_id),
        nexthop: subnets.get(port.fixed_ips[0]?.subnet_id ?? '')?.gateway_ip ?? null,
      };
    },
    prepare: async (portId) => {
      portOf(portId);
      await prepare(core, portId);
    },
    subnetExists: (subnetId) => core.subnets.get(subnetId) !== undefined,
  };
}

/** Octavia answers 400, not 404, for what a load balancer shall stand on (octavia/common/validate.py). */
const unknown = (kind: string, id: string): Error => badRequest(`${kind} ${id} not found.`);

function makePort(core: NeutronCore, request: VipRequest): PortRow {
  if (request.address !== undefined && parseAddress(request.address) === undefined)
    throw badRequest(
      `Invalid input for field/attribute vip_address. Value: '${request.address}'. It must be an IPv4 address.`,
    );
  const subnet = subnetFor(core, request);
  if (request.address !== undefined && !contains(cidrOf(subnet.cidr), addressOf(request.address)))
    throw badRequest(`IP address ${request.address} is not a valid IP for the specified subnet.`);
  checkQuota(core, request.projectId, 'port');
  const wish = request.address === undefined ? {} : { ip_address: request.address };
  return insertServicePort(core, {
    project_id: request.projectId,
    network_id: subnet.network_id,
    name: nameOf(request.loadBalancerId),
    device_id: deviceOf(request.loadBalancerId),
    device_owner: owners.loadBalancer,
    fixed_ips: allocate(core, subnet.network_id, [{ subnet_id: subnet.id, ...wish }]),
  });
}

/** The named subnet, or the network's first one that holds the wanted address. */
function subnetFor(core: NeutronCore, request: VipRequest): SubnetRow {
  const { subnetId, networkId, address } = request;
  const visible = (row: SubnetRow): boolean => {
    const network = core.networks.get(row.network_id);
    return network !== undefined && (network.project_id === request.projectId || network.shared || network.external);
  };
  const rows = core.subnets.list().filter(visible);
  if (networkId !== undefined && !rows.some((row) => row.network_id === networkId)) throw unknown('Network', networkId);
  const inNetwork = rows.filter((row) => networkId === undefined || row.network_id === networkId);
  const found =
    subnetId !== undefined
      ? inNetwork.find((row) => row.id === subnetId)
      : (inNetwork.find((row) => address !== undefined && contains(cidrOf(row.cidr), addressOf(address))) ??
        inNetwork[0]);
  if (found === undefined) throw unknown('Subnet', subnetId ?? '');
  return found;
}

function takePort(core: NeutronCore, request: VipRequest, portId: string): PortRow {
  const port = core.ports.get(portId);
  if (port === undefined || port.project_id !== request.projectId) throw unknown('Port', portId);
  if (port.device_id !== '')
    throw badRequest(`Validation failure: Port ${portId} is already used by device ${port.device_id} `);
  if (request.address !== undefined && !port.fixed_ips.some((fixed) => fixed.ip_address === request.address))
    throw badRequest(
      `Validation failure: Specified VIP address ${request.address} is not an address of port ${portId}.`,
    );
  const change = {
    device_id: deviceOf(request.loadBalancerId),
    device_owner: owners.loadBalancer,
    host_id: 'localhost',
    status: 'ACTIVE',
  } as const;
  return core.ports.update(port.id, change) ?? port;
}
