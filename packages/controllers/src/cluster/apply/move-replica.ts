import type { Cluster } from '@matryoshka/domain';
import { isNotFound, StatusError } from '@matryoshka/kube';
import type { ClusterContext } from '../context.ts';

/**
 * Has a replica of the control plane leave its node, so that it begins again on another one. Disruption budgets are respected: one that forbids it now is asked again later. A replica that is gone needs
 * no moving. Source: kubernetes.io, "API-initiated Eviction".
 */
export async function moveReplica(
  { management, log }: ClusterContext,
  { id }: Cluster,
  pod: string,
  signal: AbortSignal,
): Promise<void> {
  const body = { apiVersion: 'policy/v1', kind: 'Eviction', metadata: { name: pod, namespace: id } };
  try {
    const path = `/api/v1/namespaces/${id}/pods/${pod}/eviction`;
    await management.transport.json({ method: 'POST', path, body, signal });
    log.info({ clusterId: id, pod }, 'a replica is moved: all of its control plane are on one node');
  } catch (error) {
    if (!isNotFound(error) && !(error instanceof StatusError && error.httpStatus === 429)) throw error;
  }
}
