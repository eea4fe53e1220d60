import type { Operation } from '@matryoshka/domain';
import { clockwork } from '../access/clockwork.ts';
import { updateCluster } from '../cluster/change-cluster.ts';
import type { WriteTransaction } from '../store.ts';
import { keepsAwake } from './refusals.ts';
import { dueTurn } from './schedule.ts';

/**
 * Puts a cluster to sleep, or wakes it, when its schedules say so. Answers the operation; undefined when there is nothing to do now: somebody decided meanwhile, it is so
 * already, or it cannot sleep yet and is asked again later.
 */
export async function beginDueHibernation(
  tx: WriteTransaction,
  where: { readonly projectId: string; readonly clusterId: string; readonly requestId: string },
  { issuerUrl, now }: { readonly issuerUrl: string; readonly now: Date },
): Promise<Operation | undefined> {
  await tx.lockProject(where.projectId);
  const cluster = await tx.getClusterForUpdate(where.clusterId);
  if (cluster === undefined || cluster.deleteRequestedAt !== null || cluster.restore !== null) return undefined;
  const due = dueTurn(cluster.hibernation, cluster.hibernationDecidedAt, now);
  if (due === undefined || due.hibernated === cluster.hibernation.hibernated) return undefined;
  if (due.hibernated && keepsAwake(cluster) !== undefined) return undefined;
  return await updateCluster(tx, clockwork(where, 'hibernation-schedule'), {
    ...{ clusterId: cluster.id, shape: [], ifMatch: undefined, issuerUrl, now },
    body: { hibernation: { hibernated: due.hibernated } },
  });
}
