export interface Network {
  readonly id: string;
  readonly name: string;
  readonly status: string;
  readonly subnets: readonly string[];
  readonly shared: boolean;
  readonly admin_state_up: boolean;
  readonly 'router:external': boolean;
  readonly mtu?: number;
  readonly description?: string;
  readonly project_id: string;
  readonly tags?: readonly string[];
}

export interface Subnet {
  readonly id: string;
  readonly name: string;
  readonly network_id: string;
  readonly cidr: string;
  readonly ip_version: 4 | 6;
  readonly gateway_ip: string | null;
  readonly enable_dhcp: boolean;
  readonly dns_nameservers: readonly string[];
  readonly allocation_pools: readonly { readonly start: string; readonly end: string }[];
  readonly project_id: string;
  readonly tags?: readonly string[];
}

export interface FixedIp {
  readonly subnet_id: string;
  readonly ip_address: string;
}

export interface Port {
  readonly id: string;
  readonly name: string;
  readonly network_id: string;
  readonly mac_address: string;
  readonly status: string;
  readonly fixed_ips: readonly FixedIp[];
  readonly device_id: string;
  readonly device_owner: string;
  readonly security_groups: readonly string[];
  readonly allowed_address_pairs: readonly { readonly ip_address: string; readonly mac_address?: string }[];
  readonly port_security_enabled?: boolean;
  readonly project_id: string;
  readonly tags?: readonly string[];
}

export interface Router {
  readonly id: string;
  readonly name: string;
  readonly status: string;
  readonly external_gateway_info: {
    readonly network_id: string;
    readonly enable_snat?: boolean;
    readonly external_fixed_ips?: readonly FixedIp[];
  } | null;
  readonly project_id: string;
  readonly tags?: readonly string[];
}

export interface SecurityGroupRule {
  readonly id: string;
  readonly security_group_id: string;
  readonly direction: 'ingress' | 'egress';
  readonly ethertype: 'IPv4' | 'IPv6';
  readonly protocol: string | null;
  readonly port_range_min: number | null;
  readonly port_range_max: number | null;
  readonly remote_ip_prefix: string | null;
  readonly remote_group_id: string | null;
  readonly description?: string;
}

export interface SecurityGroup {
  readonly id: string;
  readonly name: string;
  readonly description: string;
  readonly security_group_rules: readonly SecurityGroupRule[];
  readonly project_id: string;
  readonly tags?: readonly string[];
}

export interface FloatingIp {
  readonly id: string;
  readonly floating_ip_address: string;
  readonly floating_network_id: string;
  readonly fixed_ip_address: string | null;
  readonly port_id: string | null;
  readonly router_id: string | null;
  readonly status: string;
  readonly description?: string;
  readonly project_id: string;
  readonly tags?: readonly string[];
  readonly created_at?: string;
}

export interface NetworkQuota {
  readonly network: number;
  readonly subnet: number;
  readonly port: number;
  readonly router: number;
  readonly floatingip: number;
  readonly security_group: number;
  readonly security_group_rule: number;
}
