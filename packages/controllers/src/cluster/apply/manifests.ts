import { type Cluster, type ManifestGroup, type ObservedCluster, restsControlPlane, seen } from '@matryoshka/domain';
import type { KubeObject } from '@matryoshka/kube';
import { TypedError } from '@matryoshka/system';
import type { ClusterContext } from '../context.ts';
import type { Drift } from '../drift.ts';
import { storedEncryption } from '../encryption/keys.ts';
import { groupRefs } from '../gather/applied.ts';
import { readAdminKubeconfig } from '../gather/gather.ts';
import { groupInput } from '../group-input.ts';
import { poolLabel } from '../labels.ts';
import { clusterApiVersion } from '../manifests/cluster.ts';
import { groupManifests, poolObjects } from '../manifests/index.ts';
import { infrastructureApiVersion } from '../manifests/infrastructure.ts';
import { bootstrapApiVersion, poolObjectName } from '../manifests/pool.ts';
import { applyObjects, deleteObjects } from './objects.ts';

/** Applies a group; deletes of it what the desired state does not have any more (disruption budget after HA). */
export async function applyGroup(
  context: ClusterContext,
  cluster: Cluster,
  observed: ObservedCluster,
  group: ManifestGroup,
  signal: AbortSignal,
): Promise<void> {
  const reads = {
    kubeconfig: context.store.secret(cluster.id, 'kubeconfig'),
    externalNetworkId: context.externalNetworkId(signal),
    volumeTypes: context.volumeTypes(signal),
    alone: Promise.resolve(seen(observed.controlPlane)?.pods.some(({ alone }) => alone) === true),
    rests: Promise.resolve(restsControlPlane(cluster, observed)),
    adminKubeconfig: readAdminKubeconfig(context, cluster, signal),
    encryption: storedEncryption(context, cluster.id),
  };
  const objects = groupManifests(group, await groupInput(context, cluster, reads));
  if (objects === undefined)
    throw new TypedError(`the ${group} objects of ${cluster.id} cannot be made before its application credential`, {
      code: 'credential_missing',
      actor: 'us',
    });
  await applyObjects(context.management, objects, signal, noteDrift(context, cluster, 'management'));
  const wanted = new Set(objects.map(({ kind, metadata }) => `${kind}/${metadata.name}`));
  const obsolete = groupRefs(group, cluster).filter(({ kind, name }) => !wanted.has(`${kind}/${name}`));
  await deleteObjects(context.management, obsolete, signal);
}

/** Where what was changed lies: in the management cluster, or in the customer's own. */
export function noteDrift(
  context: ClusterContext,
  cluster: Cluster,
  where: 'management' | 'cluster',
): (drift: Drift) => Promise<void> {
  return async (drift) => {
    context.log.warn({ clusterId: cluster.id, where, drift }, 'somebody changed what is ours; it is put right');
    await context.store.noteDrift(cluster, { where, ...drift });
  };
}

/**
 * Deletes a group. Of `cluster`, first the Cluster alone: Cluster API takes the rest down in its order (machines, control plane, network);
 * what is left without a Cluster is deleted afterwards.
 */
export async function deleteGroup(
  context: ClusterContext,
  cluster: Cluster,
  group: ManifestGroup,
  signal: AbortSignal,
): Promise<void> {
  const refs = groupRefs(group, cluster);
  const [first] = refs;
  if (group === 'cluster' && first !== undefined && (await context.management.find(first, { signal })) !== undefined) {
    await deleteObjects(context.management, [first], signal);
    return;
  }
  if (group === 'namespace') await endPods(context, cluster, signal);
  await deleteObjects(context.management, refs, signal);
}

/**
 * Forgets the pods in the namespace of a cluster that is gone. Its data is gone, too, so nobody waits for their end: an API server whose kine
 * ended first takes all of its 30 s, and a pod on a node that does not answer never ends. kubelet ends the containers all the same.
 */
async function endPods(context: ClusterContext, { id }: Cluster, signal: AbortSignal): Promise<void> {
  const { items } = await context.management.list<KubeObject>(
    { apiVersion: 'v1', kind: 'Pod', namespace: id },
    { signal },
  );
  for (const { metadata } of items) {
    const ref = { apiVersion: 'v1', kind: 'Pod', name: metadata.name, namespace: id };
    await context.management.delete(ref, { gracePeriodSeconds: 0, signal });
  }
}

export async function applyPool(
  context: ClusterContext,
  cluster: Cluster,
  pool: string,
  { machines }: ObservedCluster,
  signal: AbortSignal,
): Promise<void> {
  const objects = poolObjects({ cluster, settings: context.settings }, pool, machines);
  await applyObjects(context.management, objects, signal, noteDrift(context, cluster, 'management'));
}

/** Deletes a pool's MachineDeployment and, once it is gone, its templates. */
export async function deletePool(
  context: ClusterContext,
  cluster: Cluster,
  pool: string,
  signal: AbortSignal,
): Promise<void> {
  const name = poolObjectName(cluster.id, pool);
  const deployment = { apiVersion: clusterApiVersion, kind: 'MachineDeployment', name, namespace: cluster.id };
  if ((await context.management.find(deployment, { signal })) !== undefined) {
    await deleteObjects(context.management, [deployment], signal);
    return;
  }
  for (const [apiVersion, kind] of [
    [infrastructureApiVersion, 'OpenStackMachineTemplate'],
    [bootstrapApiVersion, 'KubeadmConfigTemplate'],
  ] as const) {
    const query = { apiVersion, kind, namespace: cluster.id, labelSelector: `${poolLabel}=${pool}` };
    const { items } = await context.management.list(query, { signal });
    const refs = items.map((item) => ({ apiVersion, kind, name: item.metadata.name, namespace: cluster.id }));
    await deleteObjects(context.management, refs, signal);
  }
}
