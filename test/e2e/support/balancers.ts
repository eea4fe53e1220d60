import { cloudIn } from './cloud.ts';
import { kaasJson } from './platform.ts';

export interface Balancer {
  readonly id: string;
  readonly vip: string;
}

export interface Member {
  readonly address: string;
  readonly operating_status: string;
}

/** What Octavia answers about the load balancers of the cluster `demo`. */
export async function octavia<T>(path: string): Promise<T> {
  const { cloud } = await cloudIn('demo');
  return JSON.parse((await cloud.session.call('load-balancer', 'GET', `/lbaas${path}`)).text) as T;
}

/** The load balancer of a Service in the cluster `demo`. */
export async function balancerOf(service: string, namespace = 'default'): Promise<Balancer> {
  const { id: clusterId } = await kaasJson<{ readonly id: string }>(['cluster', 'get', 'demo']);
  const { cloud, projectId } = await cloudIn('demo');
  const name = `kube_service_${clusterId}_${namespace}_${service}`;
  const [found] = (await cloud.octavia.loadBalancers.list({ name })).filter(
    ({ project_id }) => project_id === projectId,
  );
  if (found === undefined) throw new Error(`there is no load balancer ${name}`);
  return { id: found.id, vip: found.vip_address };
}

/** Members of the first pool of a Service's load balancer. */
export async function membersOf(service: string): Promise<readonly Member[]> {
  const { id } = await balancerOf(service);
  const { pools } = await octavia<{ pools: readonly { readonly id: string }[] }>(`/pools?loadbalancer_id=${id}`);
  return (await octavia<{ members: readonly Member[] }>(`/pools/${pools[0]?.id}/members`)).members;
}
