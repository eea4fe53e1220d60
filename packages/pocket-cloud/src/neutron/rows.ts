/** Fields of every Neutron object, named as on the wire. */
export interface Common {
  readonly id: string;
  readonly project_id: string;
  readonly name: string;
  readonly description: string;
  readonly tags: readonly string[];
  readonly revision_number: number;
  readonly created_at: string;
  readonly updated_at: string;
}

export interface NetworkRow extends Common {
  readonly admin_state_up: boolean;
  readonly shared: boolean;
  /** `router:external` on the wire. */
  readonly external: boolean;
  readonly mtu: number;
  readonly port_security_enabled: boolean;
  /** Conntrack zone, unique among networks. */
  readonly zone: number;
}

export interface RouteRow {
  readonly destination: string;
  readonly nexthop: string;
}

export interface SubnetPoolRow extends Common {
  readonly shared: boolean;
  readonly is_default: boolean;
  readonly default_quota: number | null;
  readonly prefixes: readonly string[];
  readonly min_prefixlen: number;
  readonly max_prefixlen: number;
  readonly default_prefixlen: number;
}

export interface SubnetRow extends Common {
  readonly network_id: string;
  readonly cidr: string;
  readonly gateway_ip: string | null;
  readonly enable_dhcp: boolean;
  readonly dns_nameservers: readonly string[];
  readonly host_routes: readonly RouteRow[];
  readonly allocation_pools: readonly { readonly start: string; readonly end: string }[];
  /** Absent in rows from before there were pools. */
  readonly subnetpool_id?: string;
}

export interface FixedIp {
  readonly subnet_id: string;
  readonly ip_address: string;
}

export interface PortRow extends Common {
  readonly network_id: string;
  readonly mac_address: string;
  readonly fixed_ips: readonly FixedIp[];
  /** Empty when unbound. */
  readonly device_id: string;
  readonly device_owner: string;
  readonly security_groups: readonly string[];
  readonly allowed_address_pairs: readonly { readonly ip_address: string; readonly mac_address: string }[];
  readonly port_security_enabled: boolean;
  readonly admin_state_up: boolean;
  readonly status: 'ACTIVE' | 'DOWN' | 'BUILD';
  readonly host_id: string;
  readonly vnic_type: string;
  /** Nova made it for a server and deletes it with the server. */
  readonly made_for_server: boolean;
}

export interface RouterRow extends Common {
  readonly admin_state_up: boolean;
  /** Addresses are those of the port with owner network:router_gateway. */
  readonly external_gateway: { readonly network_id: string; readonly enable_snat: boolean } | null;
  readonly routes: readonly RouteRow[];
}

export type SecurityGroupRow = Common;

export interface SecurityGroupRuleRow extends Common {
  readonly security_group_id: string;
  readonly direction: 'ingress' | 'egress';
  readonly ethertype: 'IPv4' | 'IPv6';
  readonly protocol: string | null;
  readonly port_range_min: number | null;
  readonly port_range_max: number | null;
  readonly remote_ip_prefix: string | null;
  readonly remote_group_id: string | null;
}

export interface FloatingIpRow extends Common {
  readonly floating_network_id: string;
  readonly floating_ip_address: string;
  /** The inside port; null when not associated. */
  readonly port_id: string | null;
  readonly fixed_ip_address: string | null;
  readonly router_id: string | null;
}

export const owners = {
  dhcp: 'network:dhcp',
  routerInterface: 'network:router_interface',
  routerGateway: 'network:router_gateway',
  floatingIp: 'network:floatingip',
  loadBalancer: 'Octavia',
} as const;
