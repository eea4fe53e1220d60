import { cidrOf, formatAddress, netmask } from './cidr.ts';
import type { DhcpSpec, DhcpSubnet } from './spec.ts';

export const METADATA_ADDRESS = '169.254.169.254';
const LEASE_SECONDS = 86_400;

/** Tag of a subnet inside dnsmasq. */
const tag = (subnet: Pick<DhcpSubnet, 'id'>): string => `subnet-${subnet.id}`;

/** Command line of dnsmasq for one network; hosts, names and options come from files. */
export function dnsmasqArguments(
  spec: DhcpSpec,
  device: string,
  directory: string,
  resolvers: readonly string[],
): readonly string[] {
  return [
    '--conf-file=/dev/null',
    '--keep-in-foreground',
    '--user=root',
    '--log-facility=-',
    // Without this it leaves /run/dnsmasq.pid behind.
    '--pid-file=',
    '--quiet-dhcp',
    '--no-hosts',
    '--no-resolv',
    '--no-ping',
    '--bind-interfaces',
    `--interface=${device}`,
    '--except-interface=lo',
    '--leasefile-ro',
    '--dhcp-authoritative',
    '--domain=openstacklocal',
    '--local=/openstacklocal/',
    // A bare name is one of ours or unknown: the host's resolvers are not asked, which may be out of reach.
    '--domain-needed',
    `--dhcp-hostsfile=${directory}/hosts`,
    `--dhcp-optsfile=${directory}/options`,
    `--addn-hosts=${directory}/names`,
    `--dhcp-lease-max=${Math.max(spec.hosts.length * 2, 1000)}`,
    ...resolvers.map((server) => `--server=${server}`),
    ...spec.subnets.map((subnet) => {
      const cidr = cidrOf(subnet.cidr);
      return `--dhcp-range=set:${tag(subnet)},${formatAddress(cidr.base)},static,${netmask(cidr)},${LEASE_SECONDS}`;
    }),
  ];
}

export function hostsFile(spec: DhcpSpec): string {
  return lines(
    spec.hosts.map((host) => `${host.mac},set:${tag({ id: host.subnetId })},${host.address},${host.hostname}`),
  );
}

export function namesFile(spec: DhcpSpec): string {
  return lines(spec.hosts.map((host) => `${host.address} ${host.hostname}.openstacklocal ${host.hostname}`));
}

/** DHCP options per subnet. Option 121 repeats the default route, because clients that get 121 ignore option 3 (RFC 3442). */
export function optionsFile(spec: DhcpSpec): string {
  return lines(
    spec.subnets.flatMap((subnet) => {
      const prefix = `tag:${tag(subnet)},option:`;
      const routes = [
        `${METADATA_ADDRESS}/32,${subnet.address}`,
        ...subnet.hostRoutes.map((route) => `${route.destination},${route.nexthop}`),
        ...(subnet.gateway === null ? [] : [`0.0.0.0/0,${subnet.gateway}`]),
      ];
      const servers = subnet.dnsServers.length > 0 ? subnet.dnsServers : [subnet.address];
      return [
        `${prefix}router${subnet.gateway === null ? '' : `,${subnet.gateway}`}`,
        `${prefix}classless-static-route,${routes.join(',')}`,
        `${prefix}dns-server,${servers.join(',')}`,
        `${prefix}mtu,${spec.leg.mtu}`,
      ];
    }),
  );
}

/** haproxy in the DHCP namespace: takes metadata requests and says which network and address they came from. What a server says itself is removed. */
export function metadataProxyConfig(networkId: string, metadataSocket: string): string {
  return lines([
    'global',
    '  maxconn 256',
    'defaults',
    '  mode http',
    '  timeout connect 5s',
    '  timeout client 60s',
    '  timeout server 60s',
    'frontend metadata',
    `  bind ${METADATA_ADDRESS}:80`,
    '  http-request del-header X-Forwarded-For',
    `  http-request set-header X-Neutron-Network-ID ${networkId}`,
    '  http-request set-header X-Forwarded-For %[src]',
    '  default_backend service',
    'backend service',
    '  http-reuse never',
    `  server metadata unix@${metadataSocket}`,
  ]);
}

function lines(items: readonly string[]): string {
  return items.map((item) => `${item}\n`).join('');
}
