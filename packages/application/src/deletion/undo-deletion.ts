import type { Cluster } from '@matryoshka/domain';
import type { Caller } from '../access/authorize.ts';
import { KaasError, notFound } from '../errors.ts';
import type { WriteTransaction } from '../store.ts';

/** Takes back a deletion that waits. Answers the cluster before and after; without such a deletion they are the same. */
export async function undoDeletion(
  tx: WriteTransaction,
  caller: Caller,
  clusterId: string,
): Promise<{ readonly before: Cluster; readonly after: Cluster }> {
  const before = await tx.getClusterForUpdate(clusterId);
  if (before === undefined) throw notFound('cluster', clusterId);
  if (before.deleteRequestedAt !== null)
    throw new KaasError('cluster_deleting', `The deletion of ${before.name} has begun; it cannot be undone.`, {
      next: 'Make a new cluster. Volumes that were kept can be used in it.',
    });
  if (before.deleteScheduledAt === null) return { before, after: before };
  await tx.scheduleDeletion(clusterId, null);
  const common = { projectId: caller.projectId, clusterId };
  const waiting = await tx.findRunningDeletion(clusterId);
  if (waiting !== undefined) {
    await tx.supersedeOperation(waiting.id, `undone by ${caller.userName}`);
    const data = { state: 'superseded' };
    await tx.appendEvent({ ...common, operationId: waiting.id, type: 'operation.finished', data });
  }
  await tx.appendEvent({ ...common, type: 'cluster.deletion_undone', data: { by: caller.userName } });
  return { before, after: { ...before, deleteScheduledAt: null } };
}
