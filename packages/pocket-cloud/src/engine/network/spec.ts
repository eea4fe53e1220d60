/** Desired state of the network data plane: plain data made from rows, compared with what the kernel has. */
export interface NetworkState {
  readonly networks: readonly NetworkSpec[];
  readonly dhcp: readonly DhcpSpec[];
  readonly routers: readonly RouterSpec[];
  readonly ports: readonly FilterPort[];
  /** Addresses of the members of every security group that a rule names as remote group. */
  readonly groups: readonly GroupSpec[];
}

export interface NetworkSpec {
  readonly id: string;
  /** The provider network: its bridge is the external one, shared with the host. */
  readonly external: boolean;
  readonly mtu: number;
  /** Conntrack zone, 1–65535, unique: equal addresses in two networks must not meet in one table. */
  readonly zone: number;
}

/** One interface of a namespace in a network. `addresses` carry their prefix length. */
export interface LegSpec {
  readonly portId: string;
  readonly networkId: string;
  readonly mac: string;
  readonly mtu: number;
  readonly addresses: readonly string[];
}

export interface RouteSpec {
  readonly destination: string;
  readonly nexthop: string;
}

export interface DhcpSpec {
  readonly networkId: string;
  readonly leg: LegSpec;
  readonly subnets: readonly DhcpSubnet[];
  readonly hosts: readonly DhcpHost[];
}

export interface DhcpSubnet {
  readonly id: string;
  readonly cidr: string;
  /** The DHCP namespace's own address in this subnet. */
  readonly address: string;
  readonly gateway: string | null;
  readonly dnsServers: readonly string[];
  readonly hostRoutes: readonly RouteSpec[];
}

export interface DhcpHost {
  readonly mac: string;
  readonly address: string;
  readonly hostname: string;
  readonly subnetId: string;
}

export interface RouterSpec {
  readonly id: string;
  readonly legs: readonly LegSpec[];
  readonly gateway: RouterGateway | null;
  readonly floatingIps: readonly FloatingIpSpec[];
  readonly routes: readonly RouteSpec[];
}

export interface RouterGateway {
  readonly leg: LegSpec;
  readonly nexthop: string | null;
  readonly snat: boolean;
}

export interface FloatingIpSpec {
  readonly address: string;
  readonly fixedAddress: string;
}

/** A server's interface as the packet filter sees it. */
export interface FilterPort {
  readonly portId: string;
  readonly networkId: string;
  /** False: no filter and no anti-spoofing (port_security_enabled=false). */
  readonly guarded: boolean;
  readonly mac: string;
  /** Address and MAC pairs the server may send from: its fixed addresses and its allowed address pairs. */
  readonly sources: readonly { readonly mac: string; readonly cidr: string }[];
  readonly rules: readonly FilterRule[];
}

export interface FilterRule {
  readonly direction: 'ingress' | 'egress';
  /** Name or number of an IP protocol; null = any. */
  readonly protocol: string | null;
  /** Port range, or type and code for icmp. */
  readonly min: number | null;
  readonly max: number | null;
  readonly remoteCidr: string | null;
  readonly remoteGroupId: string | null;
}

export interface GroupSpec {
  readonly id: string;
  readonly members: readonly string[];
}

export interface NetworkEngineConfig {
  readonly prefix: string;
  /** Host's address on the provider network, without prefix length. */
  readonly address: string;
  /** Prefix of the provider network. */
  readonly cidr: string;
  /** Folder for configuration, pid files and logs of dnsmasq and haproxy. */
  readonly directory: string;
  /** Unix socket on which the metadata service listens. */
  readonly metadataSocket: string;
}
