import type { AutoscalerMemory, Scaling } from '@matryoshka/domain';
import { inTransaction, type Pool, type Queryable } from '../database.ts';
import { appendEvent } from '../event/append-event.ts';

/** What is remembered of the pools of a cluster that scale by themselves, by name. */
export async function autoscalerMemory(
  db: Queryable,
  clusterId: string,
): Promise<Readonly<Record<string, AutoscalerMemory>>> {
  const result = await db.query<{ name: string; autoscaler: AutoscalerMemory }>(
    `select name, autoscaler from pools where cluster_id = $1 and autoscaling is not null and autoscaler <> '{}'`,
    [clusterId],
  );
  return Object.fromEntries(result.rows.map(({ name, autoscaler }) => [name, autoscaler]));
}

export async function rememberAutoscaler(
  db: Queryable,
  clusterId: string,
  name: string,
  memory: AutoscalerMemory,
): Promise<void> {
  const values = [clusterId, name, JSON.stringify(memory)];
  await db.query('update pools set autoscaler = $3 where cluster_id = $1 and name = $2', values);
}

/** Gives a pool the number of workers that pods need, with an event. What somebody changed meanwhile stays as it is. */
export async function scalePool(
  pool: Pool,
  cluster: { readonly id: string; readonly projectId: string },
  { pool: name, from, to, reason }: Scaling,
): Promise<void> {
  const { id: clusterId, projectId } = cluster;
  await inTransaction(pool, async (tx) => {
    const scaled = await tx.query(
      `update pools set count = $4 where cluster_id = $1 and name = $2 and count = $3 and autoscaling is not null`,
      [clusterId, name, from, to],
    );
    if (scaled.rowCount === 1)
      await appendEvent(tx, { projectId, clusterId, type: 'pool.scaled', data: { pool: name, from, to, reason } });
  });
}
