import { type Amounts, addAmounts, type Limit, type ProjectQuota, type QuotaResource } from '@matryoshka/domain';
import type { Cloud, Server } from '@matryoshka/openstack';

/** One thing of a project, with the amounts it counts for. */
interface Counted {
  readonly name: string;
  readonly amounts: Amounts;
}

/** Names that Cluster API's OpenStack provider gives: `k8s-clusterapi-cluster-<id>-<id>`, `k8s-cluster-<id>-…`, `<id>-<pool>-…`. */
const clusterInName = /(?:^|-)(c-[a-z0-9]{10})(?:-|$)/;

/**
 * Limits of a project, what is used of them, and what of that belongs to which cluster. Used and owned are counted on the same lists, so that
 * they fit together. Services that the cloud lacks are left out.
 */
export async function lookAtQuota(cloud: Cloud, projectId: string, signal: AbortSignal): Promise<ProjectQuota> {
  const [compute, network, storage, balancing] = await Promise.all([
    computeQuota(cloud, projectId, signal),
    networkQuota(cloud, projectId, signal),
    storageQuota(cloud, projectId, signal),
    balancerQuota(cloud, projectId, signal),
  ]);
  const counted = [...compute.counted, ...network.counted];
  const used = addAmounts(...counted.map(({ amounts }) => amounts));
  const limited = Object.entries({ ...compute.limits, ...network.limits }) as readonly [QuotaResource, number][];
  const limits = Object.fromEntries(limited.map(([name, limit]) => [name, { limit, used: used[name] ?? 0 }]));
  return { limits: { ...limits, ...storage, ...balancing }, clusters: byCluster(counted) };
}

type Limits = Partial<Record<QuotaResource, number>>;

function byCluster(counted: readonly Counted[]): Readonly<Record<string, Amounts>> {
  const owned = Map.groupBy(counted, ({ name }) => clusterInName.exec(name)?.[1] ?? '');
  owned.delete('');
  return Object.fromEntries([...owned].map(([id, all]) => [id, addAmounts(...all.map(({ amounts }) => amounts))]));
}

async function computeQuota(
  { nova }: Cloud,
  projectId: string,
  signal: AbortSignal,
): Promise<{ readonly limits: Limits; readonly counted: readonly Counted[] }> {
  const [quota, servers, flavors] = await Promise.all([
    nova.quota(projectId, signal),
    nova.servers.list({ all_tenants: true, project_id: projectId }, signal),
    nova.flavors.list({}, signal),
  ]);
  // From compute API 2.47 on a server carries its flavor's content, not its id.
  const size = (server: Server, member: 'vcpus' | 'ram'): number => {
    const named = flavors.find(({ name }) => name === server.flavor.original_name);
    return Number(server.flavor[member] ?? named?.[member] ?? 0);
  };
  return {
    limits: { instances: quota.instances, cores: quota.cores, ramMib: quota.ram },
    counted: servers
      .filter(({ tenant_id }) => tenant_id === projectId)
      .map((server) => ({
        name: server.name,
        amounts: { instances: 1, cores: size(server, 'vcpus'), ramMib: size(server, 'ram') },
      })),
  };
}

/** Neutron makes it with the first network of a project, and counts it. */
const defaultGroup: Counted = { name: '', amounts: { securityGroups: 1, securityGroupRules: 4 } };

async function networkQuota(
  { neutron }: Cloud,
  projectId: string,
  signal: AbortSignal,
): Promise<{ readonly limits: Limits; readonly counted: readonly Counted[] }> {
  const query = { project_id: projectId };
  const [quota, networks, subnets, routers, ports, groups, addresses] = await Promise.all([
    neutron.quota(projectId, signal),
    neutron.networks.list(query, signal),
    neutron.subnets.list(query, signal),
    neutron.routers.list(query, signal),
    neutron.ports.list(query, signal),
    neutron.securityGroups.list(query, signal),
    neutron.floatingIps.list(query, signal),
  ]);
  const each = (list: readonly { readonly name: string }[], resource: QuotaResource): readonly Counted[] =>
    list.map(({ name }) => ({ name, amounts: { [resource]: 1 } }));
  const networkNames = new Map(networks.map(({ id, name }) => [id, name]));
  return {
    limits: {
      networks: quota.network,
      subnets: quota.subnet,
      routers: quota.router,
      ports: quota.port,
      floatingIps: quota.floatingip,
      securityGroups: quota.security_group,
      securityGroupRules: quota.security_group_rule,
    },
    counted: [
      ...each(networks, 'networks'),
      ...each(subnets, 'subnets'),
      ...each(routers, 'routers'),
      // Those of workers carry the cluster's name, those of the router and of DHCP lie in its network. What load balancers take is no promise.
      ...ports.map(({ name, network_id, device_owner }) => {
        const ofNetwork = /^network:/.test(device_owner) ? (networkNames.get(network_id) ?? '') : '';
        const ofWorker = /^compute:/.test(device_owner) ? name : '';
        return { name: ofNetwork || ofWorker, amounts: { ports: 1 } };
      }),
      ...groups.map(({ name, security_group_rules }) => ({
        name,
        amounts: { securityGroups: 1, securityGroupRules: security_group_rules.length },
      })),
      ...(groups.some(({ name }) => name === 'default') ? [] : [defaultGroup]),
      ...addresses.map(() => ({ name: '', amounts: { floatingIps: 1 } })),
    ],
  };
}

type Known = Partial<Record<QuotaResource, Limit>>;

async function storageQuota({ cinder }: Cloud, projectId: string, signal: AbortSignal): Promise<Known> {
  const quota = await cinder.quota(projectId, signal);
  if (quota === undefined) return {};
  const { volumes, gigabytes } = quota;
  return {
    volumes: { limit: volumes.limit, used: volumes.in_use + volumes.reserved },
    volumeGib: { limit: gigabytes.limit, used: gigabytes.in_use + gigabytes.reserved },
  };
}

async function balancerQuota({ octavia }: Cloud, projectId: string, signal: AbortSignal): Promise<Known> {
  const limit = await octavia.loadBalancerLimit(projectId, signal);
  if (limit === undefined) return {};
  const balancers = await octavia.loadBalancers.list({ project_id: projectId }, signal);
  const used = balancers.filter((balancer) => balancer.project_id === projectId).length;
  return { loadBalancers: { limit, used } };
}
