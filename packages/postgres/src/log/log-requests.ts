import type { LogLine, LogQuestion } from '@matryoshka/domain';
import type { Queryable } from '../database.ts';

/** Open at once of one project, so that nobody keeps a controller busy. */
const mostLogRequests = 4;
/** Whoever asked has given up by then. */
const longestLife = "interval '2 minutes'";

/** Leaves a question for the controller. False: the project has too many open ones. */
export async function askForLog(
  db: Queryable,
  request: LogQuestion & { readonly id: string; readonly projectId: string; readonly clusterId: string },
): Promise<boolean> {
  const { id, projectId, clusterId, component, tail, since, until } = request;
  const { rowCount } = await db.query(
    `insert into log_requests (id, project_id, cluster_id, component, tail, since, until)
     select $1, $2, $3, $4, $5, $6, $7
     where (select count(*) from log_requests where project_id = $2 and requested_at > now() - ${longestLife}) < ${mostLogRequests}`,
    [id, projectId, clusterId, component, tail, since, until],
  );
  return rowCount === 1;
}

export interface LogAnswer {
  readonly lines: readonly LogLine[] | null;
  readonly truncated: boolean | null;
  readonly error: string | null;
}

/** Takes the answer away; undefined while there is none. */
export async function takeLogAnswer(db: Queryable, id: string): Promise<LogAnswer | undefined> {
  const { rows } = await db.query<LogAnswer>(
    'delete from log_requests where id = $1 and answered_at is not null returning lines, truncated, error',
    [id],
  );
  return rows[0];
}

/** Nobody waits any more. */
export async function withdrawLogRequest(db: Queryable, id: string): Promise<void> {
  await db.query('delete from log_requests where id = $1', [id]);
}

export type LogRequest = LogQuestion & { readonly id: string; readonly clusterId: string };

/** Questions about clusters of a management cluster that nobody has taken yet, at most `limit`; and forgets those that nobody waits for. */
export async function takeLogRequests(
  db: Queryable,
  { managementCluster, limit }: { readonly managementCluster: string; readonly limit: number },
): Promise<readonly LogRequest[]> {
  await db.query(`delete from log_requests where requested_at < now() - ${longestLife}`);
  const { rows } = await db.query<LogRequest>(
    `update log_requests set taken_at = now() where id in (
       select r.id from log_requests r join clusters c on c.id = r.cluster_id
       where r.taken_at is null and c.management_cluster = $1 order by r.requested_at limit $2 for update of r skip locked)
     returning id, cluster_id as "clusterId", component, tail, since, until`,
    [managementCluster, limit],
  );
  return rows;
}

export async function answerLogRequest(
  db: Queryable,
  id: string,
  answer: { readonly lines: readonly LogLine[]; readonly truncated: boolean } | { readonly error: string },
): Promise<void> {
  const { lines, truncated, error } = { lines: null, truncated: null, error: null, ...answer };
  await db.query('update log_requests set answered_at = now(), lines = $2, truncated = $3, error = $4 where id = $1', [
    id,
    // jsonb has no NUL.
    lines === null ? null : JSON.stringify(lines).replaceAll('\\u0000', ''),
    truncated,
    error,
  ]);
}
