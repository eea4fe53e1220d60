import type { Queryable } from '../database.ts';

/** Open at once of one project, so that nobody keeps a controller busy. */
const mostQuestions = 4;
/** Whoever asked has given up by then. */
const longestLife = "interval '2 minutes'";

/** Something about a cluster that only the controller of its management cluster can find out. */
export interface Question {
  readonly id: string;
  readonly clusterId: string;
  readonly kind: string;
  /** JSON, as of its kind. */
  readonly question: unknown;
}

/** Leaves a question for the controller. False: the project has too many open ones. */
export async function askController(
  db: Queryable,
  { id, projectId, clusterId, kind, question }: Question & { readonly projectId: string },
): Promise<boolean> {
  const { rowCount } = await db.query(
    `insert into questions (id, project_id, cluster_id, kind, question)
     select $1, $2, $3, $4, $5
     where (select count(*) from questions where project_id = $2 and asked_at > now() - ${longestLife}) < ${mostQuestions}`,
    [id, projectId, clusterId, kind, JSON.stringify(question)],
  );
  return rowCount === 1;
}

/** What was found out, or why it could not be. */
export type Answer = { readonly answer: unknown } | { readonly error: string };

/** Takes the answer away; undefined while there is none. */
export async function takeAnswer(db: Queryable, id: string): Promise<Answer | undefined> {
  const { rows } = await db.query<{ readonly answer: unknown; readonly error: string | null }>(
    'delete from questions where id = $1 and answered_at is not null returning answer, error',
    [id],
  );
  const [row] = rows;
  if (row === undefined) return undefined;
  return row.error === null ? { answer: row.answer } : { error: row.error };
}

/** Nobody waits any more. */
export async function withdrawQuestion(db: Queryable, id: string): Promise<void> {
  await db.query('delete from questions where id = $1', [id]);
}

/** Questions about clusters of a management cluster that nobody has taken yet, at most `limit`; and forgets those that nobody waits for. */
export async function takeQuestions(
  db: Queryable,
  { managementCluster, limit }: { readonly managementCluster: string; readonly limit: number },
): Promise<readonly Question[]> {
  await db.query(`delete from questions where asked_at < now() - ${longestLife}`);
  const { rows } = await db.query<Question>(
    `update questions set taken_at = now() where id in (
       select q.id from questions q join clusters c on c.id = q.cluster_id
       where q.taken_at is null and c.management_cluster = $1 order by q.asked_at limit $2 for update of q skip locked)
     returning id, cluster_id as "clusterId", kind, question`,
    [managementCluster, limit],
  );
  return rows;
}

export async function answerQuestion(db: Queryable, id: string, answer: Answer): Promise<void> {
  const { answer: found, error } = { answer: null, error: null, ...answer };
  await db.query('update questions set answered_at = now(), answer = $2, error = $3 where id = $1', [
    id,
    // jsonb has no NUL.
    found === null ? null : JSON.stringify(found).replaceAll('\\u0000', ''),
    error,
  ]);
}
