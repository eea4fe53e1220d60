import type { Repair } from '@matryoshka/domain';
import type { Queryable } from '../database.ts';
import { inTransaction, type Pool } from '../database.ts';
import { appendEvent } from '../event/append-event.ts';

/** Writes down that a worker is replaced, with an event; a second time does nothing. */
export async function addRepair(
  pool: Pool,
  cluster: { readonly id: string; readonly projectId: string },
  { node, pool: poolName, cause, at }: Repair,
): Promise<void> {
  const { id: clusterId, projectId } = cluster;
  await inTransaction(pool, async (tx) => {
    const added = await tx.query(
      `insert into repairs (cluster_id, node, project_id, pool, cause, at) values ($1, $2, $3, $4, $5, $6) on conflict do nothing`,
      [clusterId, node, projectId, poolName, JSON.stringify(cause), at],
    );
    if (added.rowCount === 1)
      await appendEvent(tx, { projectId, clusterId, type: 'node.repaired', data: { node, pool: poolName, cause } });
  });
}

/** Repairs of a cluster, newest first; `before` is the last one of the page before. */
export async function listRepairs(
  db: Queryable,
  filter: {
    readonly clusterId: string;
    readonly limit: number;
    readonly since?: Date;
    readonly before?: { readonly at: Date; readonly node: string };
  },
): Promise<readonly Repair[]> {
  const result = await db.query<Repair>(
    `select pool, node, cause, at from repairs
     where cluster_id = $1 and ($3::timestamptz is null or at >= $3)
       and ($4::timestamptz is null or (date_trunc('milliseconds', at), node) < ($4, $5))
     order by date_trunc('milliseconds', at) desc, node desc limit $2`,
    [filter.clusterId, filter.limit, filter.since ?? null, filter.before?.at ?? null, filter.before?.node ?? null],
  );
  return result.rows;
}
