import type { Actor, ClusterPhase, Tier } from '@matryoshka/domain';
import type { Queryable } from '../database.ts';

export interface FleetCluster {
  readonly id: string;
  readonly name: string;
  readonly projectId: string;
  readonly projectName: string;
  readonly kubernetesVersion: string;
  readonly tier: Tier;
  readonly managementCluster: string;
  readonly phase: Exclude<ClusterPhase, 'deleted'>;
  readonly cause: { readonly code: string; readonly message: string; readonly actor: Actor } | null;
  readonly workers: { readonly wanted: number; readonly ready: number };
  readonly endpoint: string | null;
  readonly operation: {
    readonly id: string;
    readonly kind: string;
    readonly percent: number;
    readonly since: string;
    readonly late: boolean;
  } | null;
  readonly createdAt: Date;
}

export interface FleetFilter {
  readonly search?: string;
  readonly phase?: string;
  readonly tier?: string;
  readonly managementCluster?: string;
  readonly version?: string;
  readonly cause?: string;
  readonly attention?: 'troubled' | 'late';
}

/** An operation is late after nineteen of twenty of its kind were done; before those are known, after an hour. */
const isLate = "now() > coalesce(o.late_at, o.began_at + interval '1 hour')";

/** All clusters that the transaction may see, as the provider looks at them. The cause that holds a cluster up goes before one that it lives with. */
const fleet = `
  with fleet as (
    select c.id, c.name, c.project_id as "projectId", p.name as "projectName", coalesce(c.observed_version, c.kubernetes_version) as "kubernetesVersion",
      c.tier, c.management_cluster as "managementCluster", c.phase, c.endpoint, c.created_at as "createdAt",
      (select jsonb_build_object('code', x ->> 'reason', 'message', x ->> 'message', 'actor', x ->> 'actor')
       from jsonb_array_elements(c.conditions) x where x ->> 'status' <> 'True' and x ? 'actor'
       order by x ->> 'type' = 'Ready' desc, x ->> 'type' limit 1) as cause,
      (select jsonb_build_object('wanted', coalesce(sum((x ->> 'desired')::int), 0), 'ready', coalesce(sum((x ->> 'ready')::int), 0))
       from jsonb_array_elements(c.pool_status) x) as workers,
      (select jsonb_build_object('id', o.id, 'kind', o.kind, 'percent', o.percent,
         'since', to_char(o.began_at at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"'), 'late', ${isLate})
       from operations o where o.cluster_id = c.id and o.state = 'running' and coalesce(o.starts_at, now()) <= now()
       order by o.began_at limit 1) as operation
    from clusters c join projects p on p.id = c.project_id where c.deleted_at is null
  )`;

/** Clusters by name and id, after one of them. */
export async function listFleet(
  db: Queryable,
  filter: FleetFilter,
  page: { readonly limit: number; readonly after?: readonly [name: string, id: string] },
): Promise<readonly FleetCluster[]> {
  const { search, phase, tier, managementCluster, version, cause, attention } = filter;
  const pattern = search === undefined ? null : `%${search.replace(/[\\%_]/g, '\\$&')}%`;
  const result = await db.query<FleetCluster>(
    `${fleet}
     select * from fleet f
     where ($2::text is null or phase = $2) and ($3::text is null or tier = $3) and ($4::text is null or "kubernetesVersion" = $4)
       and ($5::text is null or cause ->> 'code' = $5) and ($6::text is distinct from 'troubled' or cause is not null)
       and ($6::text is distinct from 'late' or (operation -> 'late')::boolean)
       and ($10::text is null or "managementCluster" = $10)
       and ($7::text is null or (name, id) > ($7, $8))
       and ($9::text is null or concat_ws(E'\\n', name, id, "projectId", "projectName", endpoint) ilike $9
         or exists (select from nodes n where n.cluster_id = f.id and concat_ws(E'\\n', n.name, n.address, n.server_id) ilike $9)
         or exists (select from cluster_resources r where r.cluster_id = f.id and concat_ws(E'\\n', r.name, r.id, r.address, r.used_by) ilike $9))
     order by name, id limit $1`,
    [
      page.limit,
      phase ?? null,
      tier ?? null,
      version ?? null,
      cause ?? null,
      attention ?? null,
      ...(page.after ?? [null, null]),
      pattern,
      managementCluster ?? null,
    ],
  );
  return result.rows;
}

export interface FleetSummary {
  readonly clusters: number;
  readonly projects: number;
  readonly workers: { readonly wanted: number; readonly ready: number };
  readonly phases: Readonly<Record<string, number>>;
  readonly tiers: Readonly<Record<string, number>>;
  readonly versions: Readonly<Record<string, number>>;
  readonly causes: readonly { readonly code: string; readonly actor: Actor; readonly clusters: number }[];
  readonly operations: { readonly running: number; readonly late: number };
}

export async function fleetSummary(db: Queryable): Promise<FleetSummary> {
  const counted = (column: string): string =>
    `(select coalesce(jsonb_object_agg(word, n), '{}') from (select ${column} as word, count(*) as n from fleet group by 1) w)`;
  const result = await db.query<FleetSummary>(
    `${fleet}
     select count(*)::int as clusters, count(distinct "projectId")::int as projects,
       jsonb_build_object('wanted', coalesce(sum((workers -> 'wanted')::int), 0), 'ready', coalesce(sum((workers -> 'ready')::int), 0)) as workers,
       ${counted('phase')} as phases, ${counted('tier')} as tiers, ${counted('"kubernetesVersion"')} as versions,
       (select coalesce(jsonb_agg(jsonb_build_object('code', code, 'actor', actor, 'clusters', n) order by n desc, code), '[]')
        from (select cause ->> 'code' as code, cause ->> 'actor' as actor, count(*) as n from fleet where cause is not null group by 1, 2) w) as causes,
       (select jsonb_build_object('running', count(*), 'late', count(*) filter (where ${isLate}))
        from operations o where o.state = 'running' and coalesce(o.starts_at, now()) <= now()) as operations
     from fleet`,
  );
  const row = result.rows[0];
  if (row === undefined) throw new Error('a count has one row');
  return row;
}
