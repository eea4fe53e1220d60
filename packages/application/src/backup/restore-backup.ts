import { type Backup, type Cluster, type Operation, parseVersion } from '@matryoshka/domain';
import type { Caller } from '../access/authorize.ts';
import { refuseRotating } from '../certificate/refusals.ts';
import { clusterForChange, type IfMatch, recordChange } from '../cluster/record-change.ts';
import { KaasError, notFound } from '../errors.ts';
import type { WriteTransaction } from '../store.ts';
import { refuseWithoutBackups } from './create-backup.ts';

/**
 * Wants a backup in the place of what a cluster has. Throws `not_found`, `backup_not_usable`, `backups_not_offered`, `cluster_deleting`, `cluster_restoring`,
 * `cluster_not_ready` (while it is made or upgraded).
 */
export async function restoreBackup(
  tx: WriteTransaction,
  caller: Caller,
  input: {
    readonly clusterId: string;
    readonly backupId: string;
    readonly ifMatch: IfMatch;
    readonly now: Date;
  },
): Promise<Operation> {
  const cluster = await clusterForChange(tx, input.clusterId, input.ifMatch);
  const backup = await tx.getBackup({ clusterId: cluster.id, id: input.backupId });
  if (backup === undefined) throw notFound('backup', input.backupId);
  refuseRestoring(cluster);
  refuseRotating(cluster);
  await refuseWithoutBackups(tx, cluster);
  if (cluster.status.kubernetesVersion !== cluster.kubernetesVersion)
    throw new KaasError('cluster_not_ready', `The control plane of ${cluster.name} is being upgraded.`, {
      next: 'Wait until the operation has ended, then ask again.',
    });
  refuseUnusable(cluster, backup);
  return await recordChange(tx, caller, {
    kind: 'cluster.restore',
    clusterId: cluster.id,
    generation: await tx.bumpCluster(cluster.id, { restore: { backupId: backup.id, at: input.now } }),
    message: 'accepted',
    event: 'cluster.updated',
    after: { restore: backup.id },
    undo: { kind: 'keep-data' },
  });
}

/** Wants the data that a cluster has, while nothing of a backup was loaded. */
export async function keepData(tx: WriteTransaction, caller: Caller, clusterId: string): Promise<Operation> {
  return await recordChange(tx, caller, {
    kind: 'cluster.update',
    clusterId,
    generation: await tx.bumpCluster(clusterId, { restore: null }),
    message: 'accepted',
    event: 'cluster.updated',
    after: { restore: null },
  });
}

/** Throws `cluster_restoring` while the data of a cluster are being replaced. */
export function refuseRestoring({ name, restore }: Cluster): void {
  if (restore !== null)
    throw new KaasError('cluster_restoring', `The backup ${restore.backupId} is being restored in ${name}.`, {
      next: 'Wait for that operation: kaas operation list',
    });
}

/** What another version wrote is read by the same and the next minor (kubernetes.io/releases/version-skew-policy, storage versions). */
function refuseUnusable({ kubernetesVersion }: Cluster, { id, state, kubernetesVersion: made }: Backup): void {
  const refuse = (why: string): never => {
    throw new KaasError('backup_not_usable', `The backup ${id} cannot be restored: ${why}.`, {
      next: 'Choose another one.',
    });
  };
  if (state !== 'succeeded') refuse(state === 'failed' ? 'it has failed' : 'it is still being made');
  const [mine, its] = [parseVersion(kubernetesVersion), parseVersion(made)];
  if (mine === undefined || its === undefined || its.minor > mine.minor || its.minor < mine.minor - 1)
    refuse(`it was made by ${made}, and the control plane is ${kubernetesVersion}`);
}
