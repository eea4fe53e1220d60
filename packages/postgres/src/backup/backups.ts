import type { Backup, BackupReason } from '@matryoshka/domain';
import type { Queryable } from '../database.ts';

const columns = `id, project_id as "projectId", cluster_id as "clusterId", reason, state, error, moment, kubernetes_version as "kubernetesVersion",
  keys::float8 as keys, bytes::float8 as bytes, requested_by as "requestedBy", created_at as "createdAt", finished_at as "finishedAt", verified_at as "verifiedAt"`;

/** Asks for a backup; the controller of its management cluster makes it. */
export async function insertBackup(
  db: Queryable,
  backup: {
    readonly id: string;
    readonly cluster: { readonly id: string; readonly projectId: string; readonly kubernetesVersion: string };
    readonly reason: BackupReason;
    readonly requestedBy: string;
    /** Default: by the clock of the database. */
    readonly at?: Date;
    /** Whose objects it shall hold; absent: as they are when it is made. */
    readonly moment?: Date;
  },
): Promise<Backup> {
  const { id, cluster, reason, requestedBy, at, moment } = backup;
  const { rows } = await db.query<Backup>(
    // Every upgrade of a control plane is preceded by a backup: the first one after a moment has the version of that moment.
    `insert into backups (id, project_id, cluster_id, reason, kubernetes_version, requested_by, created_at, moment)
     values ($1, $2, $3, $4, coalesce((select b.kubernetes_version from backups b
       where b.cluster_id = $3 and b.moment is null and b.created_at >= $8 order by b.created_at limit 1), $5), $6, coalesce($7, now()), $8) returning ${columns}`,
    [id, cluster.projectId, cluster.id, reason, cluster.kubernetesVersion, requestedBy, at ?? null, moment ?? null],
  );
  const [row] = rows;
  if (row === undefined) throw new Error('a backup was not inserted');
  return row;
}

/** Backups of a cluster, newest first; `before` is the last one of the page before. Those that are being removed are not there. */
export async function listBackups(
  db: Queryable,
  filter: {
    readonly clusterId: string;
    readonly limit: number;
    readonly before?: { readonly at: Date; readonly id: string };
  },
): Promise<readonly Backup[]> {
  const { rows } = await db.query<Backup>(
    `select ${columns} from backups
     where cluster_id = $1 and state <> 'deleting'
       and ($3::timestamptz is null or (date_trunc('milliseconds', created_at), id) < ($3, $4))
     order by date_trunc('milliseconds', created_at) desc, id desc limit $2`,
    [filter.clusterId, filter.limit, filter.before?.at ?? null, filter.before?.id ?? null],
  );
  return rows;
}

export async function getBackup(
  db: Queryable,
  where: { readonly clusterId: string; readonly id: string },
): Promise<Backup | undefined> {
  const { rows } = await db.query<Backup>(
    `select ${columns} from backups where cluster_id = $1 and id = $2 and state <> 'deleting'`,
    [where.clusterId, where.id],
  );
  return rows[0];
}

/** The controller removes it, with its file. */
export async function removeBackupLater(db: Queryable, id: string): Promise<void> {
  await db.query("update backups set state = 'deleting' where id = $1", [id]);
}

/** Has scheduled backups removed that are more than are kept, and failed ones of long ago. Answers how many. */
export async function expireBackups(
  db: Queryable,
  { clusterId, keep, now }: { readonly clusterId: string; readonly keep: number; readonly now: Date },
): Promise<number> {
  const { rowCount } = await db.query(
    `update backups set state = 'deleting' where cluster_id = $1 and (
       id in (select id from backups where cluster_id = $1 and reason = 'scheduled' and state = 'succeeded' order by created_at desc offset $2)
       or (state = 'failed' and created_at < $3::timestamptz - interval '14 days')
       or (reason in ('before-restore', 'before-upgrade') and created_at < $3::timestamptz - interval '30 days'))`,
    [clusterId, keep, now],
  );
  return rowCount ?? 0;
}

export interface BackedUpCluster {
  readonly clusterId: string;
  readonly projectId: string;
  readonly backup: { readonly schedule: string; readonly timeZone: string; readonly keep: number };
  /** Of the last scheduled one, or of the cluster itself. */
  readonly lastAt: Date;
}

/** Clusters of all projects that are backed up by schedules. */
export async function clustersWithBackups(db: Queryable): Promise<readonly BackedUpCluster[]> {
  const { rows } = await db.query<BackedUpCluster>(
    'select cluster_id as "clusterId", project_id as "projectId", backup, last_at as "lastAt" from clusters_with_backups()',
  );
  return rows;
}

/** Where the management cluster of a cluster keeps backups; null: nowhere. */
export async function backupPlace(db: Queryable, managementCluster: string): Promise<string | null> {
  const { rows } = await db.query<{ place: string | null }>(
    'select backup_place as place from management_clusters where name = $1',
    [managementCluster],
  );
  return rows[0]?.place ?? null;
}

/** Backups of a cluster that somebody asked for, and that have not failed. */
export async function countRequestedBackups(db: Queryable, clusterId: string): Promise<number> {
  const { rows } = await db.query<{ count: number }>(
    "select count(*)::int as count from backups where cluster_id = $1 and reason = 'requested' and state in ('pending', 'running', 'succeeded')",
    [clusterId],
  );
  return rows[0]?.count ?? 0;
}

/** When the schedule last had one made; undefined: never. */
export async function lastScheduledBackup(db: Queryable, clusterId: string): Promise<Date | undefined> {
  const { rows } = await db.query<{ at: Date | null }>(
    "select max(created_at) as at from backups where cluster_id = $1 and reason = 'scheduled'",
    [clusterId],
  );
  return rows[0]?.at ?? undefined;
}
