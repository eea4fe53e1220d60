import type { Queryable } from '../database.ts';

export interface FleetCounts {
  readonly clusters: readonly { readonly phase: string; readonly tier: string; readonly count: number }[];
  /** Conditions that are not as they should be, with what they blame. */
  readonly causes: readonly {
    readonly type: string;
    readonly reason: string;
    readonly actor: string;
    readonly count: number;
  }[];
  /** Those that run, and the age in seconds of the oldest. */
  readonly operations: readonly {
    readonly kind: string;
    readonly late: boolean;
    readonly count: number;
    readonly oldestSeconds: number;
  }[];
  readonly nodes: readonly { readonly state: string; readonly count: number }[];
  /** Clusters whose newest backup has failed. */
  readonly backupsFailed: number;
  /** When the first certificate of each control plane ends. In seconds since 1970. */
  readonly certificateEnds: readonly { readonly cluster: string; readonly seconds: number }[];
}

/** Counts of everything in one management cluster. */
export async function fleetCounts(db: Queryable, managementCluster: string): Promise<FleetCounts> {
  const rows = async <T extends object>(query: string): Promise<readonly T[]> =>
    (await db.query<T>(query, [managementCluster])).rows;
  const mine = 'c.management_cluster = $1 and c.deleted_at is null';
  return {
    clusters: await rows(`select phase, tier, count(*)::int from clusters c where ${mine} group by 1, 2`),
    causes: await rows(
      `select x ->> 'type' as type, x ->> 'reason' as reason, x ->> 'actor' as actor, count(*)::int
       from clusters c, jsonb_array_elements(c.conditions) x
       where ${mine} and x ->> 'status' <> 'True' and x ? 'actor' group by 1, 2, 3`,
    ),
    operations: await rows(
      `select o.kind, now() > coalesce(o.late_at, o.began_at + interval '1 hour') as late, count(*)::int,
         max(extract(epoch from now() - o.began_at))::float8 as "oldestSeconds"
       from operations o join clusters c on c.id = o.cluster_id
       where c.management_cluster = $1 and o.state = 'running' and coalesce(o.starts_at, now()) <= now() group by 1, 2`,
    ),
    nodes: await rows(
      `select n.state, count(*)::int from nodes n join clusters c on c.id = n.cluster_id where ${mine} group by 1`,
    ),
    certificateEnds: await rows(
      `select c.id as cluster, extract(epoch from min((x ->> 'notAfter')::timestamptz))::float8 as seconds
       from clusters c, jsonb_array_elements(c.certificates) x where ${mine} and not (x ->> 'authority')::boolean group by 1`,
    ),
    backupsFailed:
      (
        await rows<{ count: number }>(
          `select count(*)::int from clusters c where ${mine} and 'failed' =
             (select b.state from backups b where b.cluster_id = c.id and b.state in ('succeeded', 'failed') order by b.created_at desc limit 1)`,
        )
      )[0]?.count ?? 0,
  };
}
