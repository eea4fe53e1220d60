import { type Backup, type BackupReason, type Cluster, mostRequestedBackups } from '@matryoshka/domain';
import { KaasError } from '../errors.ts';

/** What is needed of the database. */
export interface BackupPort {
  /** Where the management cluster keeps backups; null: nowhere. */
  place(managementCluster: string): Promise<string | null>;
  /** Backups of a cluster that were asked for, and that are kept. */
  countRequested(clusterId: string): Promise<number>;
  insert(cluster: Cluster, reason: BackupReason, requestedBy: string, at: Date): Promise<Backup>;
}

/** Throws `backups_not_offered`, `cluster_not_ready`. */
export async function refuseWithoutBackups(port: Pick<BackupPort, 'place'>, cluster: Cluster): Promise<void> {
  if ((await port.place(cluster.place.managementCluster)) === null)
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
  port: BackupPort,
  cluster: Cluster,
  { requestedBy, now }: { readonly requestedBy: string; readonly now: Date },
): Promise<Backup> {
  await refuseWithoutBackups(port, cluster);
  if ((await port.countRequested(cluster.id)) >= mostRequestedBackups)
    throw new KaasError(
      'quota_exceeded',
      `A cluster has at most ${mostRequestedBackups} backups that were asked for.`,
      {
        next: `Remove one first: kaas backup list ${cluster.name}, kaas backup delete ${cluster.name} ID`,
      },
    );
  return await port.insert(cluster, 'requested', requestedBy, now);
}
