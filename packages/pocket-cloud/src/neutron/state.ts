import {
  cidrOf,
  type DhcpSpec,
  type FilterPort,
  type GroupSpec,
  type LegSpec,
  type NetworkState,
  type RouterSpec,
} from '../engine/network/index.ts';
import type { NeutronCore } from './core.ts';
import { filterProtocol } from './protocols.ts';
import { owners, type PortRow, type SubnetRow } from './rows.ts';

/** Rows at one moment, indexed. */
interface Snapshot {
  readonly ports: readonly PortRow[];
  readonly subnets: ReadonlyMap<string, SubnetRow>;
  readonly mtus: ReadonlyMap<string, number>;
}

/** The data plane's desired state, made from all rows. Networks whose DHCP a test has taken away have none. */
export function networkState(core: NeutronCore, dhcpIsLost: (networkName: string) => boolean): NetworkState {
  const networks = core.networks.list();
  const snapshot: Snapshot = {
    ports: core.ports.list(),
    subnets: new Map(core.subnets.list().map((row) => [row.id, row])),
    mtus: new Map(networks.map((row) => [row.id, row.mtu])),
  };
  const ports = filterPorts(core, snapshot);
  const served = networks.filter((row) => row.admin_state_up && !dhcpIsLost(row.name));
  const up = new Set(served.map((row) => row.id));
  return {
    networks: networks.map(({ id, external, mtu, zone }) => ({ id, external, mtu, zone })),
    dhcp: snapshot.ports
      .filter((port) => port.device_owner === owners.dhcp && up.has(port.network_id))
      .map((port) => dhcpSpec(snapshot, port)),
    routers: core.routers
      .list()
      .filter((row) => row.admin_state_up)
      .map((row) => routerSpec(core, snapshot, row.id)),
    ports,
    groups: groupSpecs(snapshot, ports),
  };
}

/** A port as the leg of a namespace: its addresses with the prefix length of their subnet. */
export function legSpec(port: PortRow, subnets: Pick<ReadonlyMap<string, SubnetRow>, 'get'>, mtu: number): LegSpec {
  return {
    portId: port.id,
    networkId: port.network_id,
    mac: port.mac_address,
    mtu,
    addresses: port.fixed_ips.map(
      (fixed) => `${fixed.ip_address}/${cidrOf(subnets.get(fixed.subnet_id)?.cidr ?? '0.0.0.0/32').prefixLength}`,
    ),
  };
}

const leg = (snapshot: Snapshot, port: PortRow): LegSpec =>
  legSpec(port, snapshot.subnets, snapshot.mtus.get(port.network_id) ?? 1500);

function dhcpSpec(snapshot: Snapshot, port: PortRow): DhcpSpec {
  const subnets = port.fixed_ips.flatMap((fixed) => {
    const subnet = snapshot.subnets.get(fixed.subnet_id);
    return subnet === undefined ? [] : [{ subnet, address: fixed.ip_address }];
  });
  return {
    networkId: port.network_id,
    leg: leg(snapshot, port),
    subnets: subnets.map(({ subnet, address }) => ({
      id: subnet.id,
      cidr: subnet.cidr,
      address,
      gateway: subnet.gateway_ip,
      dnsServers: subnet.dns_nameservers,
      hostRoutes: subnet.host_routes,
    })),
    hosts: snapshot.ports
      .filter((other) => other.network_id === port.network_id && !other.device_owner.startsWith('network:'))
      .flatMap((other) =>
        other.fixed_ips
          .filter((fixed) => subnets.some(({ subnet }) => subnet.id === fixed.subnet_id))
          .map((fixed) => ({
            mac: other.mac_address,
            address: fixed.ip_address,
            hostname: `host-${fixed.ip_address.replaceAll('.', '-')}`,
            subnetId: fixed.subnet_id,
          })),
      ),
  };
}

function routerSpec(core: NeutronCore, snapshot: Snapshot, routerId: string): RouterSpec {
  const row = core.routers.get(routerId);
  const own = snapshot.ports.filter((port) => port.device_id === routerId);
  const gatewayPort = own.find((port) => port.device_owner === owners.routerGateway);
  const subnet = snapshot.subnets.get(gatewayPort?.fixed_ips[0]?.subnet_id ?? '');
  return {
    id: routerId,
    legs: own.filter((port) => port.device_owner === owners.routerInterface).map((port) => leg(snapshot, port)),
    gateway:
      gatewayPort === undefined
        ? null
        : {
            leg: leg(snapshot, gatewayPort),
            nexthop: subnet?.gateway_ip ?? null,
            snat: row?.external_gateway?.enable_snat ?? true,
          },
    floatingIps: core.floatingIps
      .list()
      .flatMap((fip) =>
        fip.router_id === routerId && fip.fixed_ip_address !== null && gatewayPort !== undefined
          ? [{ address: fip.floating_ip_address, fixedAddress: fip.fixed_ip_address }]
          : [],
      ),
    routes: row?.routes ?? [],
  };
}

/** Ports that are plugged in by tap: everything but the network service's own legs and load balancers. */
function filterPorts(core: NeutronCore, snapshot: Snapshot): readonly FilterPort[] {
  const rules = core.rules.list().filter((rule) => rule.ethertype === 'IPv4');
  return (
    snapshot.ports
      .filter((port) => !port.device_owner.startsWith('network:') && port.device_owner !== owners.loadBalancer)
      // An interface that the filter does not know sends nothing: that is what "switched off" means.
      .filter((port) => port.admin_state_up)
      .map((port) => ({
        portId: port.id,
        networkId: port.network_id,
        guarded: port.port_security_enabled,
        mac: port.mac_address,
        sources: [
          ...port.fixed_ips.map((fixed) => ({ mac: port.mac_address, cidr: `${fixed.ip_address}/32` })),
          ...port.allowed_address_pairs.map((pair) => ({
            mac: pair.mac_address === '' ? port.mac_address : pair.mac_address,
            cidr: pair.ip_address.includes('/') ? pair.ip_address : `${pair.ip_address}/32`,
          })),
        ],
        rules: rules
          .filter((rule) => port.security_groups.includes(rule.security_group_id))
          .map((rule) => ({
            direction: rule.direction,
            protocol: filterProtocol(rule.protocol),
            min: rule.port_range_min,
            max: rule.port_range_max,
            remoteCidr: rule.remote_ip_prefix,
            remoteGroupId: rule.remote_group_id,
          })),
      }))
  );
}

function groupSpecs(snapshot: Snapshot, ports: readonly FilterPort[]): readonly GroupSpec[] {
  const used = new Set(ports.flatMap((port) => port.rules.flatMap((rule) => rule.remoteGroupId ?? [])));
  return [...used].map((id) => ({
    id,
    members: [
      ...new Set(
        snapshot.ports
          .filter((port) => port.security_groups.includes(id))
          .flatMap((port) => [
            ...port.fixed_ips.map((fixed) => `${fixed.ip_address}/32`),
            ...port.allowed_address_pairs.map((pair) => pair.ip_address),
          ]),
      ),
    ],
  }));
}

/** The router that leads from a port's address to that external network: found by the gateway of the address's subnet, or any leg in it. */
export function routerTowards(core: NeutronCore, subnetId: string, externalNetworkId: string): string | undefined {
  const ports = core.ports.list();
  const subnet = core.subnets.get(subnetId);
  const legs = ports.filter(
    (port) =>
      port.device_owner === owners.routerInterface && port.fixed_ips.some((fixed) => fixed.subnet_id === subnetId),
  );
  const best = legs.toSorted((a, b) => Number(holds(b, subnet?.gateway_ip)) - Number(holds(a, subnet?.gateway_ip)));
  return best
    .map((port) => port.device_id)
    .find((routerId) => core.routers.get(routerId)?.external_gateway?.network_id === externalNetworkId);
}

function holds(port: PortRow, address: string | null | undefined): boolean {
  return port.fixed_ips.some((fixed) => fixed.ip_address === address);
}
