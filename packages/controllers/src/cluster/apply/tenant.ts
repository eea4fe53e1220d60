import type { Cluster, ObservedCluster } from '@matryoshka/domain';
import { seen } from '@matryoshka/domain';
import { isConflict, type KubeClient } from '@matryoshka/kube';
import { TypedError } from '@matryoshka/system';
import type { ClusterContext } from '../context.ts';
import { readAdminKubeconfig } from '../gather/gather.ts';
import { poolChangeOf } from '../gather/nodes.ts';
import { withoutCredentials } from '../kubeconfig.ts';
import { fieldManager } from '../labels.ts';
import { tenantManifests } from '../manifests/index.ts';
import { textAt } from '../read.ts';
import { noteDrift } from './manifests.ts';
import { applyObjects } from './objects.ts';

/** The customer's cluster as its administrator. Throws `kubeconfig_missing`. */
export async function tenantClient(
  context: ClusterContext,
  cluster: Cluster,
  signal: AbortSignal,
): Promise<KubeClient> {
  const kubeconfig = await readAdminKubeconfig(context, cluster, signal);
  if (kubeconfig === undefined)
    throw new TypedError(`cluster ${cluster.id} has no administrator's kubeconfig yet`, { code: 'kubeconfig_missing' });
  return context.tenants.client(cluster.id, kubeconfig);
}

/** Puts what we provide (pod networking, volumes) into the customer's cluster. */
export async function applyTenantAddons(
  context: ClusterContext,
  cluster: Cluster,
  observed: ObservedCluster,
  signal: AbortSignal,
): Promise<void> {
  const endpoint = seen(observed.controlPlane)?.endpoint;
  if (endpoint === undefined || endpoint === null) return;
  const client = await tenantClient(context, cluster, signal);
  const volumeTypes = await context.volumeTypes(signal);
  const objects = tenantManifests({ cluster, settings: context.settings, endpoint, volumeTypes });
  await applyObjects(client, objects, signal, noteDrift(context, cluster, 'cluster'));
}

/** Gives a Node what its pool says; again when somebody else changed it meanwhile. */
export async function settleNode(
  context: ClusterContext,
  cluster: Cluster,
  { machines }: ObservedCluster,
  name: string,
  signal: AbortSignal,
): Promise<void> {
  const client = await tenantClient(context, cluster, signal);
  const ref = { apiVersion: 'v1', kind: 'Node', name };
  for (let attempt = 1; ; attempt += 1) {
    const node = await client.find(ref, { signal });
    const change = node === undefined ? undefined : poolChangeOf(node, cluster, machines);
    if (change === undefined) return;
    try {
      await client.patch(ref, change, { type: 'merge', fieldManager, signal });
      return;
    } catch (error) {
      if (!isConflict(error) || attempt === 5) throw error;
    }
  }
}

/** Removes a Node whose machine is gone: one without a provider id blocks every load balancer of the cluster. */
export async function deleteStaleNode(
  context: ClusterContext,
  cluster: Cluster,
  node: string,
  signal: AbortSignal,
): Promise<void> {
  const client = await tenantClient(context, cluster, signal);
  await client.delete({ apiVersion: 'v1', kind: 'Node', name: node }, { signal });
}

/**
 * Lets the volume of a node that is gone go elsewhere. The server took its disks with it, so nothing is detached that is in use; Kubernetes does not
 * know that and waits (pkg/controller/volume/attachdetach, maxWaitForUnmountDuration).
 */
export async function deleteStaleVolumeAttachment(
  context: ClusterContext,
  cluster: Cluster,
  name: string,
  signal: AbortSignal,
): Promise<void> {
  const client = await tenantClient(context, cluster, signal);
  await client.delete({ apiVersion: 'storage.k8s.io/v1', kind: 'VolumeAttachment', name }, { signal });
}

/** Deletes every Service of type LoadBalancer, so that the cloud controller manager gives their load balancers back. */
export async function deleteLoadBalancerServices(
  context: ClusterContext,
  cluster: Cluster,
  signal: AbortSignal,
): Promise<void> {
  const client = await tenantClient(context, cluster, signal);
  const { items } = await client.list({ apiVersion: 'v1', kind: 'Service' }, { signal });
  for (const service of items) {
    if (textAt(service, 'spec', 'type') !== 'LoadBalancer' || service.metadata.deletionTimestamp !== undefined)
      continue;
    const { name, namespace } = service.metadata;
    await client.delete(
      { apiVersion: 'v1', kind: 'Service', name, ...(namespace === undefined ? {} : { namespace }) },
      { signal },
    );
  }
}

/** Keeps where the API is where kaas-api can read it; the administrator's certificate stays in the management cluster. */
export async function storeKubeconfig(context: ClusterContext, cluster: Cluster, signal: AbortSignal): Promise<void> {
  const kubeconfig = await readAdminKubeconfig(context, cluster, signal);
  if (kubeconfig !== undefined) await context.store.saveSecret(cluster, 'kubeconfig', withoutCredentials(kubeconfig));
}
