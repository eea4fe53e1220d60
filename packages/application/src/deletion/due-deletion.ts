import type { Cluster } from '@matryoshka/domain';
import { clockwork } from '../access/clockwork.ts';
import type { WriteTransaction } from '../store.ts';
import { beginDeletion } from './delete-cluster.ts';

/**
 * Begins the deletion of a cluster whose grace period or life is over. Answers whether it did: somebody else may have begun it, undone it or
 * protected the cluster meanwhile.
 */
export async function beginDueDeletion(
  tx: WriteTransaction,
  where: { readonly projectId: string; readonly clusterId: string; readonly requestId: string },
  now: Date,
): Promise<boolean> {
  const cluster = await tx.getClusterForUpdate(where.clusterId);
  if (cluster === undefined || cluster.deleteRequestedAt !== null || cluster.deletion.protection) return false;
  const why = reasonOf(cluster, now);
  if (why === undefined) return false;
  const waiting = await tx.findRunningDeletion(cluster.id);
  const volumes = cluster.deleteScheduledAt === null ? 'keep' : cluster.volumesOnDelete;
  await beginDeletion(tx, clockwork(where, why), cluster, { volumes, waiting });
  return true;
}

function reasonOf({ deleteScheduledAt, deletion }: Cluster, now: Date): string | undefined {
  if (deleteScheduledAt !== null && deleteScheduledAt <= now) return 'end of the grace period';
  return deletion.expiresAt !== null && deletion.expiresAt <= now ? 'expiration date' : undefined;
}
