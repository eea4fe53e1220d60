import { waitFor } from '@matryoshka/system';
import { cidrOf, netmask, networkNames } from '../engine/network/index.ts';
import { ApiError, badRequest, conflict, forbidden, notFound } from '../http/index.ts';
import type { PortRequest, ServerNetworking, ServerPort } from '../nova/index.ts';
import { type NeutronCore, quotaOf, usedOf } from './core.ts';
import { ensureDefaultGroup } from './default-group.ts';
import { removePort } from './port-changes.ts';
import { insertPort } from './ports.ts';
import type { NetworkRow, PortRow } from './rows.ts';

const prepareTimeoutMs = 20_000;

/** Nova's side of Neutron, in-process. Errors are worded as Nova words them (nova/exception.py, nova/network/neutron.py). */
export function createServerNetworking(core: NeutronCore): ServerNetworking {
  const names = networkNames(core.config.prefix);
  const portsOf = (serverId: string): readonly PortRow[] =>
    core.ports.list().filter((port) => port.device_id === serverId && port.device_owner.startsWith('compute:'));
  const release = (port: PortRow): void => {
    if (port.made_for_server) removePort(core, port.id);
    else core.ports.update(port.id, { device_id: '', device_owner: '', host_id: '', status: 'DOWN' });
  };
  const setStatus = (portId: string, status: PortRow['status']): void => {
    const port = core.ports.get(portId);
    if (port !== undefined && port.status !== status) core.ports.update(portId, { status });
  };
  return {
    hasPort: (portId) => core.ports.get(portId) !== undefined,
    createPortForServer: (request) => {
      const port = core.store.transaction(() =>
        request.portId === undefined ? makePort(core, request) : bindPort(core, request, request.portId),
      );
      void core.changed();
      return port?.id;
    },
    portsOfDevice: (serverId) => portsOf(serverId).map((port) => serverPort(core, port)),
    unbindOrDeletePorts: (serverId) => {
      core.store.transaction(() => {
        for (const port of portsOf(serverId)) release(port);
      });
      void core.changed();
    },
    unbindOrDeletePort: (serverId, portId) => {
      core.store.transaction(() => {
        for (const port of portsOf(serverId)) if (port.id === portId) release(port);
      });
      void core.changed();
    },
    serverByAddress: (networkId, address) =>
      core.ports
        .list()
        .find(
          (port) =>
            port.network_id === networkId &&
            port.device_owner.startsWith('compute:') &&
            port.fixed_ips.some((fixed) => fixed.ip_address === address),
        )?.device_id,
    networkDataOf: (serverId) => networkData(core, portsOf(serverId)),
    changeSecurityGroup: (serverId, projectId, change, wanted) => {
      const group = groupOf(core, projectId, wanted, notFound);
      for (const port of core.ports.list().filter((row) => row.device_id === serverId)) {
        const others = port.security_groups.filter((id) => id !== group);
        core.ports.update(port.id, { security_groups: change === 'add' ? [...others, group] : others });
      }
      void core.changed();
    },
    network: {
      switchNamespace: names.switchNamespace,
      plugInfo: (portId) => {
        const port = core.ports.get(portId);
        const network = port === undefined ? undefined : core.networks.get(port.network_id);
        if (port === undefined || network === undefined) throw new Error(`Port ${portId} could not be found.`);
        return {
          bridge: network.external ? names.externalBridge : names.bridge(network.id),
          tapName: names.tap(port.id),
          mac: port.mac_address,
          mtu: network.mtu,
        };
      },
      prepare: async (portId) => await prepare(core, portId),
      afterServerStarted: async (portId) => setStatus(portId, 'ACTIVE'),
      afterServerStopped: async (portId) => setStatus(portId, 'DOWN'),
    },
  };
}

/** Waits until the port's network, its filters and its DHCP stand in the kernel. Rejects with the reason when they do not come to stand. */
export async function prepare(core: NeutronCore, portId: string): Promise<void> {
  const networkId = core.ports.get(portId)?.network_id ?? '';
  let reason: string | undefined;
  await waitFor(
    async () => {
      const failures = await core.changed();
      reason = ['host', 'filters', `network:${networkId}`, `dhcp:${networkId}`]
        .map((key) => failures.get(key))
        .find((text) => text !== undefined);
      return reason === undefined;
    },
    { timeoutMs: prepareTimeoutMs, intervalMs: 500 },
  );
  if (reason !== undefined) throw new Error(`the network of port ${portId} is not ready: ${reason}`);
}

function makePort(core: NeutronCore, request: PortRequest): PortRow | undefined {
  const network = request.networkId === undefined ? onlyNetwork(core, request.projectId) : usable(core, request);
  // Neither asked for nor available: the server boots without a network.
  if (network === undefined) return undefined;
  if (!core.subnets.list().some((subnet) => subnet.network_id === network.id))
    throw badRequest(`Network ${network.id} requires a subnet in order to boot instances on.`);
  const quota = quotaOf(core, request.projectId, 'port');
  if (quota >= 0 && usedOf(core, request.projectId, 'port') >= quota)
    throw forbidden('Maximum number of ports exceeded');
  const caller = { projectId: request.projectId, isAdmin: false };
  const body = {
    device_id: request.serverId,
    device_owner: `compute:${request.availabilityZone}`,
    'binding:host_id': 'localhost',
    ...(request.fixedIp === undefined ? {} : { fixed_ips: [{ ip_address: request.fixedIp }] }),
    ...(network.port_security_enabled ? { security_groups: groupsOf(core, request) } : {}),
  };
  try {
    return insertPort(core, caller, request.projectId, network.id, body, { made_for_server: true });
  } catch (error) {
    throw error instanceof ApiError && error.type === 'IpAddressInUse'
      ? badRequest(`Fixed IP address ${request.fixedIp} is already in use on instance ${request.serverId}.`)
      : error;
  }
}

function onlyNetwork(core: NeutronCore, projectId: string): NetworkRow | undefined {
  const own = core.networks.list().filter((row) => row.project_id === projectId && !row.external);
  const candidates = own.length > 0 ? own : core.networks.list().filter((row) => row.shared && !row.external);
  if (candidates.length > 1) throw conflict('Multiple possible networks found, use a Network ID to be more specific.');
  return candidates[0];
}

function usable(core: NeutronCore, request: PortRequest): NetworkRow {
  const row = core.networks.get(request.networkId ?? '');
  if (row === undefined || !(row.project_id === request.projectId || row.shared || row.external))
    throw badRequest(`Network ${request.networkId} could not be found.`);
  if (row.external && !row.shared && row.project_id !== request.projectId)
    throw forbidden(`It is not allowed to create an interface on external network ${row.id}`);
  return row;
}

function groupsOf(core: NeutronCore, request: PortRequest): readonly string[] {
  return (request.securityGroups ?? ['default']).map((wanted) => groupOf(core, request.projectId, wanted, badRequest));
}

/** Id of a group that is named by name or id; `refusal` makes the error for one that is not there. */
function groupOf(core: NeutronCore, projectId: string, wanted: string, refusal: (message: string) => Error): string {
  if (wanted === 'default') return ensureDefaultGroup(core, projectId).id;
  const own = core.groups.list().filter((row) => row.project_id === projectId);
  const found = own.filter((row) => row.id === wanted || row.name === wanted);
  if (found.length > 1)
    throw conflict(`Multiple security groups found matching '${wanted}'. Use an ID to be more specific.`);
  if (found[0] === undefined) throw refusal(`Security group ${wanted} is not found for project ${projectId}`);
  return found[0].id;
}

function bindPort(core: NeutronCore, request: PortRequest, portId: string): PortRow {
  const port = core.ports.get(portId);
  if (port === undefined) throw badRequest(`Port id ${portId} could not be found.`);
  if (port.project_id !== request.projectId)
    throw badRequest(`Port ${portId} not usable for instance ${request.serverId}.`);
  if (port.device_id !== '') throw conflict(`Port ${portId} is still in use.`);
  if (port.fixed_ips.length === 0) throw badRequest(`Port ${portId} requires a FixedIP in order to be used.`);
  const change = {
    device_id: request.serverId,
    device_owner: `compute:${request.availabilityZone}`,
    host_id: 'localhost',
  };
  return core.ports.update(portId, change) ?? port;
}

function serverPort(core: NeutronCore, port: PortRow): ServerPort {
  return {
    id: port.id,
    networkId: port.network_id,
    networkName: core.networks.get(port.network_id)?.name ?? '',
    macAddress: port.mac_address,
    fixedIps: port.fixed_ips.map((fixed) => ({ subnetId: fixed.subnet_id, ipAddress: fixed.ip_address })),
    floatingIps: core.floatingIps
      .list()
      .filter((row) => row.port_id === port.id)
      .map((row) => row.floating_ip_address),
    securityGroups: port.security_groups.map((id) => ({ id, name: core.groups.get(id)?.name ?? '' })),
  };
}

/** `network_data.json`. Source: nova/virt/netutils.py, `get_network_metadata`. */
function networkData(core: NeutronCore, ports: readonly PortRow[]): Readonly<Record<string, unknown>> {
  const links = ports.map((port) => ({
    id: `tap${port.id.slice(0, 11)}`,
    vif_id: port.id,
    type: 'bridge',
    mtu: core.networks.get(port.network_id)?.mtu ?? 1500,
    ethernet_mac_address: port.mac_address,
  }));
  const attachments = ports.flatMap((port) =>
    port.fixed_ips.flatMap((fixed) => {
      const subnet = core.subnets.get(fixed.subnet_id);
      return subnet === undefined ? [] : [{ port, fixed, subnet }];
    }),
  );
  const networks = attachments.map(({ port, fixed, subnet }, index) => {
    const common = { id: `network${index}`, link: `tap${port.id.slice(0, 11)}`, network_id: port.network_id };
    if (subnet.enable_dhcp) return { ...common, type: 'ipv4_dhcp' };
    const routes = subnet.host_routes.map((route) => {
      const cidr = cidrOf(route.destination);
      return { network: route.destination.split('/')[0], netmask: netmask(cidr), gateway: route.nexthop };
    });
    const gateway =
      subnet.gateway_ip === null ? [] : [{ network: '0.0.0.0', netmask: '0.0.0.0', gateway: subnet.gateway_ip }];
    return {
      ...common,
      type: 'ipv4',
      ip_address: fixed.ip_address,
      netmask: netmask(cidrOf(subnet.cidr)),
      routes: [...gateway, ...routes],
      services: subnet.dns_nameservers.map((address) => ({ type: 'dns', address })),
    };
  });
  const servers = new Set(attachments.flatMap(({ subnet }) => subnet.dns_nameservers));
  return { links, networks, services: [...servers].map((address) => ({ type: 'dns', address })) };
}
