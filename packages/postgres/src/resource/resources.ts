import type { Resource, ResourceKind } from '@matryoshka/domain';
import type { Queryable } from '../database.ts';

/** The clusters whose resources are looked for, also those that are gone: they may have left some. */
export async function listClusterOwners(
  db: Queryable,
): Promise<readonly { readonly id: string; readonly projectId: string; readonly deleted: boolean }[]> {
  const result = await db.query<{ id: string; projectId: string; deleted: boolean }>(
    'select id, project_id as "projectId", deleted_at is not null as deleted from clusters',
  );
  return result.rows;
}

/** Resources that a parameter holds as JSON, as rows. */
export const resourceRows = (parameter: string): string =>
  `select * from jsonb_to_recordset(${parameter}) as r("clusterId" text, "projectId" text, kind text, id text, name text, status text,
     "usedBy" text, address text, "sizeGib" integer, "createdAt" timestamptz)`;

/** The resources of these kinds become exactly these. Answers how many rows changed: what is as it was is not written. */
export async function replaceResources(
  db: Queryable,
  kinds: readonly ResourceKind[],
  resources: readonly Resource[],
): Promise<number> {
  const result = await db.query<{ changed: number }>(
    `with seen as (
       ${resourceRows('$2')}
     ), gone as (
       delete from cluster_resources old where kind = any($1)
         and not exists (select 1 from seen where seen."clusterId" = old.cluster_id and seen.kind = old.kind and seen.id = old.id)
       returning 1
     ), written as (
       insert into cluster_resources as old (cluster_id, project_id, kind, id, name, status, used_by, address, size_gib, created_at)
       select * from seen
       on conflict (cluster_id, kind, id) do update set name = excluded.name, status = excluded.status, used_by = excluded.used_by,
         address = excluded.address, size_gib = excluded.size_gib
       where (old.name, old.status, old.used_by, old.address, old.size_gib)
         is distinct from (excluded.name, excluded.status, excluded.used_by, excluded.address, excluded.size_gib)
       returning 1
     )
     select ((select count(*) from gone) + (select count(*) from written))::int as changed`,
    [kinds, JSON.stringify(resources)],
  );
  return result.rows[0]?.changed ?? 0;
}

/** Resources of a cluster by kind and name, after one of them. */
export async function listResources(
  db: Queryable,
  clusterId: string,
  options: { readonly limit: number; readonly after?: readonly [kind: string, name: string, id: string] },
): Promise<readonly Resource[]> {
  const result = await db.query<Resource>(
    `select cluster_id as "clusterId", project_id as "projectId", kind, id, name, status, used_by as "usedBy", address,
       size_gib as "sizeGib", created_at as "createdAt"
     from cluster_resources
     where cluster_id = $1 and ($3::text is null or (kind, name, id) > ($3, $4, $5))
     order by kind, name, id limit $2`,
    [clusterId, options.limit, ...(options.after ?? [null, null, null])],
  );
  return result.rows;
}
