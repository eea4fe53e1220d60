import type { BackupReason } from '@matryoshka/domain';
import { inTransaction, type Pool, type Queryable } from '../database.ts';
import { appendEvent } from '../event/append-event.ts';
import { newBackupId } from '../ids.ts';
import type { TenantCopy } from '../management-cluster/tenant-copy.ts';
import { insertBackup } from './backups.ts';

/** Something the controller of a management cluster has to do with a backup. */
export interface BackupJob {
  readonly id: string;
  readonly clusterId: string;
  readonly projectId: string;
  readonly dataStore: string;
  readonly reason: BackupReason;
  /** Whose objects it shall hold; null: as they are. */
  readonly moment: Date | null;
}

/** What stands in the database of a backup that can be restored. */
export interface StoredCopy extends TenantCopy {
  readonly id: string;
}

const jobColumns = `b.id, b.cluster_id as "clusterId", b.project_id as "projectId", c.data_store as "dataStore", b.reason, b.moment`;

/** The backups to be made, of what clusters have now or of moments of the past, oldest first. One that a controller began with and did not end is among them: only one works on them. */
export async function backupsToMake(
  db: Queryable,
  managementCluster: string,
  of: 'now' | 'moments',
): Promise<readonly BackupJob[]> {
  const { rows } = await db.query<BackupJob>(
    `select ${jobColumns} from backups b join clusters c on c.id = b.cluster_id
     where b.state in ('pending', 'running') and c.management_cluster = $1 and c.deleted_at is null and (b.moment is null) = $2 order by b.created_at limit 50`,
    [managementCluster, of === 'now'],
  );
  return rows;
}

export async function backupsToRemove(db: Queryable, managementCluster: string): Promise<readonly BackupJob[]> {
  const { rows } = await db.query<BackupJob>(
    `select ${jobColumns} from backups b join clusters c on c.id = b.cluster_id
     where b.state = 'deleting' and c.management_cluster = $1 order by b.created_at limit 50`,
    [managementCluster],
  );
  return rows;
}

export async function beginBackup(db: Queryable, id: string): Promise<void> {
  await db.query("update backups set state = 'running' where id = $1 and state = 'pending'", [id]);
}

/** Ends a backup, with an event. One that somebody had removed meanwhile stays so: false. */
export async function endBackup(
  pool: Pool,
  { id, clusterId, projectId, reason }: BackupJob,
  outcome: (TenantCopy & { readonly bytes: number }) | { readonly error: string },
): Promise<boolean> {
  return await inTransaction(pool, async (tx) => {
    const failed = 'error' in outcome;
    const { rowCount } = await tx.query(
      `update backups set state = $2, error = $3, revision = $4, keys = $5, bytes = $6, sha256 = $7, finished_at = now(),
         verified_at = case when $3::text is null then now() end
       where id = $1 and state in ('pending', 'running')`,
      failed
        ? [id, 'failed', outcome.error, null, null, null, null]
        : [id, 'succeeded', null, outcome.revision, outcome.keys, outcome.bytes, outcome.sha256],
    );
    if (rowCount === 1)
      await appendEvent(tx, {
        ...{ projectId, clusterId, type: failed ? 'backup.failed' : 'backup.made' },
        data: failed ? { backupId: id, reason, error: outcome.error } : { backupId: id, reason, keys: outcome.keys },
      });
    return rowCount === 1;
  });
}

export async function forgetBackup(db: Queryable, id: string): Promise<void> {
  await db.query("delete from backups where id = $1 and state = 'deleting'", [id]);
}

export interface RestoreJob {
  readonly clusterId: string;
  readonly projectId: string;
  readonly dataStore: string;
  readonly kubernetesVersion: string;
  readonly copy: StoredCopy;
  /** The backup of what is replaced; undefined while there is none yet. */
  readonly safety: { readonly id: string; readonly state: string } | undefined;
}

/** Clusters whose control plane has stopped so that a backup may take the place of what they have. */
export async function restoresToDo(db: Queryable, managementCluster: string): Promise<readonly RestoreJob[]> {
  const { rows } = await db.query<Omit<RestoreJob, 'safety'> & { readonly safety: RestoreJob['safety'] | null }>(
    `select c.id as "clusterId", c.project_id as "projectId", c.data_store as "dataStore", c.kubernetes_version as "kubernetesVersion",
       jsonb_build_object('id', b.id, 'revision', b.revision, 'keys', b.keys, 'sha256', b.sha256) as copy,
       (select jsonb_build_object('id', s.id, 'state', s.state) from backups s
        where s.cluster_id = c.id and s.reason = 'before-restore' and s.created_at > c.restore_requested_at order by s.created_at desc limit 1) as safety
     from clusters c join backups b on b.id = c.restore_backup_id and b.state = 'succeeded'
     where c.restore_allowed and c.management_cluster = $1 and c.deleted_at is null and c.delete_requested_at is null`,
    [managementCluster],
  );
  return rows.map(({ safety, ...job }) => ({ ...job, safety: safety ?? undefined }));
}

/** The cluster has what the backup held: its control plane may run again. */
export async function endRestore(pool: Pool, { clusterId, projectId, copy }: RestoreJob): Promise<void> {
  await inTransaction(pool, async (tx) => {
    const { rowCount } = await tx.query(
      `update clusters set restore_backup_id = null, restore_allowed = false, restore_error = null, awaited_since = now(), next_due_at = now(), not_before = now()
       where id = $1 and restore_backup_id = $2`,
      [clusterId, copy.id],
    );
    if (rowCount !== 1) return;
    await tx.query("select pg_notify('kaas_clusters', $1)", [clusterId]);
    await appendEvent(tx, { projectId, clusterId, type: 'cluster.restored', data: { backupId: copy.id } });
  });
}

/** Says why it could not be done; it is tried again. */
export async function noteRestoreError(db: Queryable, clusterId: string, error: string): Promise<void> {
  await db.query(
    'update clusters set restore_error = $2, next_due_at = now() where id = $1 and restore_backup_id is not null and restore_error is distinct from $2',
    [clusterId, error],
  );
}

/** The control plane has stopped. */
export async function allowRestore(db: Queryable, clusterId: string): Promise<void> {
  await db.query('update clusters set restore_allowed = true where id = $1 and restore_backup_id is not null', [
    clusterId,
  ]);
}

/** Makes known where a management cluster keeps backups; null: nowhere. */
export async function setBackupPlace(db: Queryable, managementCluster: string, place: string | null): Promise<void> {
  await db.query(
    'update management_clusters set backup_place = $2 where name = $1 and backup_place is distinct from $2',
    [managementCluster, place],
  );
}

/** Whether the restore is still wanted; from now on it cannot be taken back until it has failed or ended. */
export async function beginRestore(db: Queryable, { clusterId, copy }: RestoreJob): Promise<boolean> {
  const { rowCount } = await db.query(
    'update clusters set restore_error = null where id = $1 and restore_backup_id = $2 and restore_allowed',
    [clusterId, copy.id],
  );
  return rowCount === 1;
}

/** The backup of what a restore replaces: the one that was begun, or a new one. */
export async function insertSafetyBackup(db: Queryable, job: RestoreJob): Promise<BackupJob> {
  const { clusterId, projectId, dataStore, kubernetesVersion, safety } = job;
  const reason = 'before-restore';
  if (safety?.state === 'pending' || safety?.state === 'running')
    return { id: safety.id, clusterId, projectId, dataStore, reason, moment: null };
  const id = newBackupId();
  const cluster = { id: clusterId, projectId, kubernetesVersion };
  await insertBackup(db, { id, cluster, reason, requestedBy: 'restore' });
  return { id, clusterId, projectId, dataStore, reason, moment: null };
}
