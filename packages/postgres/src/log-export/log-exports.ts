import type { LogComponent } from '@matryoshka/domain';
import type { Queryable } from '../database.ts';

export interface StoredLogExport {
  readonly id: string;
  readonly clusterId: string;
  readonly kind: 'http' | 's3';
  readonly components: readonly LogComponent[];
  readonly url: string;
  readonly region: string;
  readonly accessKeyId: string;
  readonly failures: number;
  readonly lastSentAt: Date | null;
  readonly lastError: string | null;
  readonly createdBy: string;
  readonly createdAt: Date;
}

const columns = `id, cluster_id as "clusterId", kind, components, url, region, access_key_id as "accessKeyId", failures,
  last_sent_at as "lastSentAt", last_error as "lastError", created_by as "createdBy", created_at as "createdAt"`;

/** `secret` is sealed. */
export async function insertLogExport(
  db: Queryable,
  given: Pick<
    StoredLogExport,
    'id' | 'clusterId' | 'kind' | 'components' | 'url' | 'region' | 'accessKeyId' | 'createdBy'
  > & {
    readonly projectId: string;
    readonly secret: Buffer | null;
  },
): Promise<StoredLogExport> {
  const { id, projectId, clusterId, kind, components, url, region, accessKeyId, secret, createdBy } = given;
  const { rows } = await db.query<StoredLogExport>(
    `insert into log_exports (id, project_id, cluster_id, kind, components, url, region, access_key_id, secret, created_by)
     values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10) returning ${columns}`,
    [id, projectId, clusterId, kind, components, url, region, accessKeyId, secret, createdBy],
  );
  const [row] = rows;
  if (row === undefined) throw new Error('the export vanished');
  return row;
}

export async function listLogExports(db: Queryable, clusterId: string): Promise<readonly StoredLogExport[]> {
  const sql = `select ${columns} from log_exports where cluster_id = $1 order by created_at, id`;
  return (await db.query<StoredLogExport>(sql, [clusterId])).rows;
}

/** Answers what was there. */
export async function deleteLogExport(
  db: Queryable,
  { clusterId, id }: { readonly clusterId: string; readonly id: string },
): Promise<StoredLogExport | undefined> {
  const sql = `delete from log_exports where cluster_id = $1 and id = $2 returning ${columns}`;
  return (await db.query<StoredLogExport>(sql, [clusterId, id])).rows[0];
}

/** An export to work at, with how far it has come: by component and replica, the time of the last line that was read. */
export interface DueLogExport extends StoredLogExport {
  readonly secret: Buffer | null;
  readonly position: Readonly<Record<string, string>>;
}

/** Exports of clusters of a management cluster that are due, at most `limit`; they are nobody else's for `leaseMs`. */
export async function claimLogExports(
  db: Queryable,
  options: { readonly managementCluster: string; readonly limit: number; readonly leaseMs: number },
): Promise<readonly DueLogExport[]> {
  const { rows } = await db.query<DueLogExport>(
    `update log_exports set next_at = now() + make_interval(secs => $3) where id in (
       select e.id from log_exports e join clusters c on c.id = e.cluster_id
       where e.next_at <= now() and c.deleted_at is null and c.management_cluster = $1
       order by e.next_at limit $2 for update of e skip locked)
     returning ${columns}, secret, position`,
    [options.managementCluster, options.limit, options.leaseMs / 1000],
  );
  return rows;
}

/** What became of an attempt: how far it is now, and when the next one is. */
export async function reportLogExport(
  db: Queryable,
  id: string,
  outcome: {
    readonly position: Readonly<Record<string, string>>;
    readonly sent: boolean;
    /** Null: it went well. */
    readonly error: string | null;
    readonly nextInMs: number;
  },
): Promise<void> {
  await db.query(
    `update log_exports set position = $2, last_sent_at = case when $3 then now() else last_sent_at end, last_error = $4,
       failures = case when $4::text is null then 0 else failures + 1 end, next_at = now() + make_interval(secs => $5)
     where id = $1`,
    [id, JSON.stringify(outcome.position), outcome.sent, outcome.error, outcome.nextInMs / 1000],
  );
}
