import type { Cluster } from '@matryoshka/domain';
import type { Caller } from '../access/authorize.ts';
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

/** What the audit log names when no person acts. */
function clockwork(
  { projectId, requestId }: { readonly projectId: string; readonly requestId: string },
  name: string,
): Caller {
  return {
    userId: 'system',
    userName: name,
    projectId,
    projectName: '',
    role: 'admin',
    isProvider: false,
    memberId: null,
    tokenId: null,
    clusterIds: null,
    projects: [],
    expiresAt: new Date(8.64e15),
    requestId,
    remoteAddress: '',
  };
}
