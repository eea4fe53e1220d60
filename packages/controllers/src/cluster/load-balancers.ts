import { type Cluster, type Looked, ledgerName, present, unknown } from '@matryoshka/domain';
import type { LoadBalancer } from '@matryoshka/openstack';
import { errorMessage } from '@matryoshka/system';
import type { ClusterContext } from './context.ts';

async function list(context: ClusterContext, cluster: Cluster, signal: AbortSignal): Promise<readonly LoadBalancer[]> {
  const prefix = ledgerName('load-balancers', cluster.id);
  const all = await context.cloud.octavia.loadBalancers.list({ project_id: cluster.projectId }, signal);
  return all.filter(({ name, provisioning_status }) => name.startsWith(prefix) && provisioning_status !== 'DELETED');
}

/** How many load balancers of Services of this cluster are left in the customer's project. */
export async function leftoverLoadBalancers(
  context: ClusterContext,
  cluster: Cluster,
  signal: AbortSignal,
): Promise<Looked<number>> {
  try {
    return present((await list(context, cluster, signal)).length);
  } catch (error) {
    return unknown(errorMessage(error));
  }
}

/** Deletes them with all that hangs on them, and their floating IPs. Those that Octavia is busy with are left for the next turn. */
export async function deleteLeftoverLoadBalancers(
  context: ClusterContext,
  cluster: Cluster,
  signal: AbortSignal,
): Promise<void> {
  for (const balancer of await list(context, cluster, signal)) {
    if (balancer.provisioning_status.startsWith('PENDING')) continue;
    const addresses = await context.cloud.neutron.floatingIps.list({ port_id: balancer.vip_port_id }, signal);
    for (const address of addresses) await context.cloud.neutron.floatingIps.delete(address.id, signal);
    await context.cloud.octavia.loadBalancers.deleteCascade(balancer.id, signal);
  }
}
