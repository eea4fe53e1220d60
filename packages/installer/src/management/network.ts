import type { Cloud, FloatingIp, Network, Port, SecurityGroup, Subnet } from '@matryoshka/openstack';
import { isOpenStackError } from '@matryoshka/openstack';
import { TypedError } from '@matryoshka/system';
import { apiFloatingIpTag, externalNetworkName, managementNetwork, nodeAddress, nodeName } from './settings.ts';

/** What the servers of the management cluster are plugged into. */
export interface ManagementCloud {
  readonly network: Network;
  readonly subnet: Subnet;
  readonly externalNetworkId: string;
  /** Where the API server of the management cluster is reached from the host. */
  readonly apiAddress: string;
  /** By index of the server. */
  readonly ports: readonly Port[];
}

/**
 * Network, router, security group, ports and the floating IP of the API, in the project that `cloud` is logged in to. Everything is found by
 * its name first, so a crash in between is repaired by the next run and nothing is made twice.
 */
export async function ensureManagementCloud(
  cloud: Cloud,
  projectId: string,
  nodes: number,
  signal: AbortSignal,
): Promise<ManagementCloud> {
  const own = { cloud, projectId, signal };
  const external = await externalNetwork(cloud, signal);
  const network = await ensureNetwork(own);
  const subnet = await ensureSubnet(own, network);
  await ensureRouter(own, subnet, external.id);
  const group = await ensureGroup(own);
  const ports: Port[] = [];
  for (let index = 0; index < nodes; index += 1) ports.push(await ensurePort(own, network, subnet, group, index));
  const [first] = ports;
  if (first === undefined) throw new Error('a management cluster has at least one server');
  const floatingIp = await ensureFloatingIp(own, external.id, first);
  return { network, subnet, externalNetworkId: external.id, apiAddress: floatingIp.floating_ip_address, ports };
}

interface Own {
  readonly cloud: Cloud;
  readonly projectId: string;
  readonly signal: AbortSignal;
}

async function externalNetwork(cloud: Cloud, signal: AbortSignal): Promise<Network> {
  const list = await cloud.neutron.networks.list({ name: externalNetworkName, 'router:external': true }, signal);
  const found = list.find((network) => network.name === externalNetworkName);
  if (found !== undefined) return found;
  throw new TypedError(`The cloud has no external network called ${externalNetworkName}`, {
    code: 'external_network_missing',
    next: 'Make the provider network, then run the same command again.',
  });
}

async function ensureNetwork({ cloud, projectId, signal }: Own): Promise<Network> {
  const { name } = managementNetwork;
  const list = await cloud.neutron.networks.list({ name, project_id: projectId }, signal);
  return list.find((network) => network.name === name) ?? (await cloud.neutron.networks.create({ name }, signal));
}

async function ensureSubnet({ cloud, signal }: Own, network: Network): Promise<Subnet> {
  const { name, nodeCidr } = managementNetwork;
  const list = await cloud.neutron.subnets.list({ network_id: network.id }, signal);
  return (
    list.find((subnet) => subnet.name === name) ??
    (await cloud.neutron.subnets.create({ name, network_id: network.id, cidr: nodeCidr, ip_version: 4 }, signal))
  );
}

async function ensureRouter({ cloud, projectId, signal }: Own, subnet: Subnet, externalId: string): Promise<void> {
  const { name } = managementNetwork;
  const list = await cloud.neutron.routers.list({ name, project_id: projectId }, signal);
  const router =
    list.find((candidate) => candidate.name === name) ??
    (await cloud.neutron.routers.create({ name, external_gateway_info: { network_id: externalId } }, signal));
  const legs = await cloud.neutron.ports.list({ device_id: router.id }, signal);
  const attached = legs.some((port) => port.fixed_ips.some((fixed) => fixed.subnet_id === subnet.id));
  if (!attached) await cloud.neutron.addRouterInterface(router.id, subnet.id, signal);
}

/** Nodes talk freely among themselves (vxlan, kubelet, load balancers); from outside only the API server can be reached. */
async function ensureGroup({ cloud, projectId, signal }: Own): Promise<SecurityGroup> {
  const { name, nodeCidr, apiPort } = managementNetwork;
  const list = await cloud.neutron.securityGroups.list({ name, project_id: projectId }, signal);
  const group =
    list.find((candidate) => candidate.name === name) ??
    (await cloud.neutron.securityGroups.create(
      { name, description: 'servers of the Matryoshka management cluster' },
      signal,
    ));
  const rules = [
    { remote_ip_prefix: nodeCidr },
    { protocol: 'tcp', port_range_min: apiPort, port_range_max: apiPort, remote_ip_prefix: '0.0.0.0/0' },
  ];
  for (const rule of rules)
    try {
      await cloud.neutron.securityGroupRules.create(
        { security_group_id: group.id, direction: 'ingress', ethertype: 'IPv4', ...rule },
        signal,
      );
    } catch (error) {
      // Neutron refuses a rule that is there already (SecurityGroupRuleExists).
      if (!isOpenStackError(error, 409)) throw error;
    }
  return group;
}

async function ensurePort(
  { cloud, projectId, signal }: Own,
  network: Network,
  subnet: Subnet,
  group: SecurityGroup,
  index: number,
): Promise<Port> {
  const name = nodeName(index);
  const list = await cloud.neutron.ports.list({ name, network_id: network.id, project_id: projectId }, signal);
  return (
    list.find((port) => port.name === name) ??
    (await cloud.neutron.ports.create(
      {
        name,
        network_id: network.id,
        fixed_ips: [{ subnet_id: subnet.id, ip_address: nodeAddress(index) }],
        security_groups: [group.id],
      },
      signal,
    ))
  );
}

async function ensureFloatingIp(
  { cloud, projectId, signal }: Own,
  externalId: string,
  port: Port,
): Promise<FloatingIp> {
  const list = await cloud.neutron.floatingIps.list({ project_id: projectId }, signal);
  const found = list.find((candidate) => candidate.description === apiFloatingIpTag);
  if (found === undefined)
    return await cloud.neutron.floatingIps.create(
      { floating_network_id: externalId, port_id: port.id, description: apiFloatingIpTag },
      signal,
    );
  if (found.port_id === port.id) return found;
  return await cloud.neutron.floatingIps.update(found.id, { port_id: port.id }, signal);
}
