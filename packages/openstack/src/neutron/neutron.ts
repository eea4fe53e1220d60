import { type Resource, resource } from '../transport/resource.ts';
import type { Session } from '../transport/session.ts';
import type {
  FloatingIp,
  Network,
  NetworkQuota,
  Port,
  Router,
  SecurityGroup,
  SecurityGroupRule,
  Subnet,
} from './types.ts';

export interface CreateNetwork {
  readonly name: string;
  readonly admin_state_up?: boolean;
  readonly mtu?: number;
  readonly project_id?: string;
  readonly description?: string;
}

export interface CreateSubnet {
  readonly name: string;
  readonly network_id: string;
  readonly cidr: string;
  readonly ip_version: 4 | 6;
  readonly gateway_ip?: string | null;
  readonly enable_dhcp?: boolean;
  readonly dns_nameservers?: readonly string[];
  readonly allocation_pools?: readonly { readonly start: string; readonly end: string }[];
  readonly project_id?: string;
}

export interface CreatePort {
  readonly name: string;
  readonly network_id: string;
  readonly fixed_ips?: readonly { readonly subnet_id?: string; readonly ip_address?: string }[];
  readonly security_groups?: readonly string[];
  readonly allowed_address_pairs?: readonly { readonly ip_address: string; readonly mac_address?: string }[];
  readonly port_security_enabled?: boolean;
  readonly device_id?: string;
  readonly device_owner?: string;
  readonly project_id?: string;
}

export interface CreateRouter {
  readonly name: string;
  readonly external_gateway_info?: { readonly network_id: string; readonly enable_snat?: boolean };
  readonly project_id?: string;
}

export interface CreateSecurityGroupRule {
  readonly security_group_id: string;
  readonly direction: 'ingress' | 'egress';
  readonly ethertype?: 'IPv4' | 'IPv6';
  readonly protocol?: string;
  readonly port_range_min?: number;
  readonly port_range_max?: number;
  readonly remote_ip_prefix?: string;
  readonly remote_group_id?: string;
  readonly description?: string;
}

export interface CreateFloatingIp {
  readonly floating_network_id: string;
  readonly floating_ip_address?: string;
  readonly port_id?: string;
  readonly fixed_ip_address?: string;
  readonly description?: string;
  readonly project_id?: string;
}

export type TaggedCollection = 'networks' | 'subnets' | 'ports' | 'routers' | 'security-groups' | 'floatingips';

/** Neutron v2.0. */
export interface Neutron {
  readonly networks: Resource<Network, CreateNetwork, Partial<CreateNetwork>>;
  readonly subnets: Resource<Subnet, CreateSubnet, Partial<CreateSubnet>>;
  readonly ports: Resource<Port, CreatePort, Partial<CreatePort>>;
  readonly routers: Resource<Router, CreateRouter, Partial<CreateRouter>>;
  readonly securityGroups: Resource<
    SecurityGroup,
    { readonly name: string; readonly description?: string; readonly project_id?: string },
    { readonly name?: string; readonly description?: string }
  >;
  readonly securityGroupRules: Resource<SecurityGroupRule, CreateSecurityGroupRule, never>;
  readonly floatingIps: Resource<
    FloatingIp,
    CreateFloatingIp,
    { readonly port_id: string | null; readonly fixed_ip_address?: string }
  >;
  addRouterInterface(routerId: string, subnetId: string, signal?: AbortSignal): Promise<void>;
  removeRouterInterface(routerId: string, subnetId: string, signal?: AbortSignal): Promise<void>;
  /** Replaces all tags of an item. */
  setTags(collection: TaggedCollection, id: string, tags: readonly string[], signal?: AbortSignal): Promise<void>;
  quota(projectId: string, signal?: AbortSignal): Promise<NetworkQuota>;
  /** Limits, use and reservations (extension quota_details); throws OpenStackError 404 where the cloud lacks it. */
  quotaDetails(
    projectId: string,
    signal?: AbortSignal,
  ): Promise<Readonly<Record<keyof NetworkQuota, { readonly limit: number; readonly used: number }>>>;
  setQuota(projectId: string, quota: Partial<NetworkQuota>, signal?: AbortSignal): Promise<NetworkQuota>;
}

export function neutron(session: Session): Neutron {
  const network = <T, Create, Update>(path: string, singular: string, plural: string) =>
    resource<T, Create, Update>(session, { service: 'network', path, singular, plural });
  const id = encodeURIComponent;
  const quotaSet = async <T>(method: 'GET' | 'PUT', path: string, json?: unknown, signal?: AbortSignal): Promise<T> =>
    (JSON.parse((await session.call('network', method, path, { json, signal })).text) as { quota: T }).quota;
  return {
    networks: network('/networks', 'network', 'networks'),
    subnets: network('/subnets', 'subnet', 'subnets'),
    ports: network('/ports', 'port', 'ports'),
    routers: network('/routers', 'router', 'routers'),
    securityGroups: network('/security-groups', 'security_group', 'security_groups'),
    securityGroupRules: network('/security-group-rules', 'security_group_rule', 'security_group_rules'),
    floatingIps: network('/floatingips', 'floatingip', 'floatingips'),
    addRouterInterface: async (routerId, subnetId, signal) => {
      await session.call('network', 'PUT', `/routers/${id(routerId)}/add_router_interface`, {
        json: { subnet_id: subnetId },
        signal,
      });
    },
    removeRouterInterface: async (routerId, subnetId, signal) => {
      await session.call('network', 'PUT', `/routers/${id(routerId)}/remove_router_interface`, {
        json: { subnet_id: subnetId },
        signal,
      });
    },
    setTags: async (collection, itemId, tags, signal) => {
      await session.call('network', 'PUT', `/${collection}/${id(itemId)}/tags`, { json: { tags }, signal });
    },
    quota: async (projectId, signal) => await quotaSet('GET', `/quotas/${id(projectId)}`, undefined, signal),
    quotaDetails: async (projectId, signal) =>
      await quotaSet('GET', `/quotas/${id(projectId)}/details.json`, undefined, signal),
    setQuota: async (projectId, quota, signal) => await quotaSet('PUT', `/quotas/${id(projectId)}`, { quota }, signal),
  };
}
