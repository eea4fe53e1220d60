import type { Cluster, LabelRequirement } from '@matryoshka/domain';
import type { Queryable } from '../database.ts';
import { type ClusterRow, clusterColumns, clusterOf } from './row.ts';

/** A cluster that is not deleted; `lock` keeps others from changing it until the end of the transaction. */
export async function getCluster(
  db: Queryable,
  id: string,
  options: { readonly lock?: boolean } = {},
): Promise<Cluster | undefined> {
  const result = await db.query<ClusterRow>(
    `select ${clusterColumns} from clusters c where c.id = $1 and c.deleted_at is null ${options.lock ? 'for update' : ''}`,
    [id],
  );
  const row = result.rows[0];
  return row === undefined ? undefined : clusterOf(row);
}

/**
 * Clusters of the project by name, after a name. The project is named although row security shows no other: with its `or` for the provider no index
 * would be used, and a list of one project would cost what all projects have.
 */
export async function listClusters(
  db: Queryable,
  options: {
    readonly limit: number;
    readonly after?: string;
    readonly name?: string;
    readonly selector?: readonly LabelRequirement[];
  },
): Promise<readonly Cluster[]> {
  const result = await db.query<ClusterRow>(
    `select ${clusterColumns} from clusters c
     where c.project_id = current_project() and c.deleted_at is null and ($2::text is null or c.name > $2) and ($3::text is null or c.name = $3)
       and ($4::jsonb is null or not exists (
         select from jsonb_to_recordset($4) as r(key text, operator text, "values" text[])
         where not case r.operator when 'exists' then c.labels ? r.key when 'absent' then not c.labels ? r.key
           when 'in' then coalesce(c.labels ->> r.key = any(r."values"), false) else coalesce(c.labels ->> r.key <> all(r."values"), true) end))
     order by c.name limit $1`,
    [
      options.limit,
      options.after ?? null,
      options.name ?? null,
      options.selector === undefined ? null : JSON.stringify(options.selector),
    ],
  );
  return result.rows.map(clusterOf);
}

/**
 * Clusters of all projects that the controller of a management cluster must look at now, the most overdue first: what is desired has changed since it was last
 * observed, or the time for the next look has come; never before the end of a back-off.
 */
export async function listDueClusters(
  db: Queryable,
  options: { readonly managementCluster: string; readonly limit: number },
): Promise<readonly Cluster[]> {
  const result = await db.query<ClusterRow>(
    `select ${clusterColumns} from clusters c
     where c.deleted_at is null and c.management_cluster = $2 and c.not_before <= now()
       and (c.generation <> c.observed_generation or c.next_due_at <= now())
     order by c.next_due_at limit $1`,
    [options.limit, options.managementCluster],
  );
  return result.rows.map(clusterOf);
}

/** Milliseconds until the next cluster becomes due, undefined when there is none. */
export async function msUntilNextDue(db: Queryable): Promise<number | undefined> {
  const result = await db.query<{ ms: number | null }>(
    `select extract(epoch from min(greatest(not_before,
       case when generation <> observed_generation then not_before else next_due_at end)) - now())::float8 * 1000 as ms
     from clusters where deleted_at is null`,
  );
  const ms = result.rows[0]?.ms ?? undefined;
  return ms === undefined ? undefined : Math.max(0, Math.ceil(ms));
}
