import type { Cluster } from '@matryoshka/domain';
import { isNotFound } from '@matryoshka/kube';
import { authenticationHash } from '../authentication-hash.ts';
import type { ClusterContext } from '../context.ts';
import { authenticationAnnotation, fieldManager } from '../labels.ts';

/**
 * Makes kubelet project the ConfigMaps of a pod again now: it does so with every change of the pod, and else only when its turn comes
 * (pkg/kubelet/volumemanager, ReprocessPod). A pod that is gone has nothing to be told.
 */
export async function refreshPod(
  context: ClusterContext,
  cluster: Cluster,
  pod: string,
  signal: AbortSignal,
): Promise<void> {
  const annotations = { [authenticationAnnotation]: authenticationHash(context, cluster) };
  try {
    const ref = { apiVersion: 'v1', kind: 'Pod', name: pod, namespace: cluster.id };
    await context.management.patch(ref, { metadata: { annotations } }, { type: 'merge', fieldManager, signal });
  } catch (error) {
    if (!isNotFound(error)) throw error;
  }
}
