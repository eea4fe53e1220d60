import { type Backup, type Cluster, mostRequestedBackups } from '@matryoshka/domain';
import { KaasError } from '../errors.ts';
import type { WriteTransaction } from '../store.ts';

/** Throws `backups_not_offered`, `cluster_not_ready`. */
export async function refuseWithoutBackups(tx: WriteTransaction, cluster: Cluster): Promise<void> {
  if ((await tx.backupPlace(cluster.place.managementCluster)) === null)
    throw new KaasError('backups_not_offered', 'The provider keeps no backups where this cluster runs.', {
      next: 'Ask your provider for it.',
    });
  if (cluster.status.phase === 'creating')
    throw new KaasError('cluster_not_ready', `The cluster ${cluster.name} is still being made.`, {
      next: 'Wait until the operation that creates it has ended.',
    });
}

/** Asks for a backup of a cluster that is locked. Throws `backups_not_offered`, `cluster_not_ready`, `quota_exceeded`. */
export async function createBackup(
  tx: WriteTransaction,
  cluster: Cluster,
  { requestedBy, now }: { readonly requestedBy: string; readonly now: Date },
): Promise<Backup> {
  await refuseWithoutBackups(tx, cluster);
  if ((await tx.countRequestedBackups(cluster.id)) >= mostRequestedBackups)
    throw new KaasError(
      'quota_exceeded',
      `A cluster has at most ${mostRequestedBackups} backups that were asked for.`,
      {
        next: `Remove one first: kaas backup list ${cluster.name}, kaas backup delete ${cluster.name} ID`,
      },
    );
  return await tx.insertBackup(cluster, 'requested', requestedBy, now);
}
