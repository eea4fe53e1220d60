import type { Queryable } from '../database.ts';
import type { TenantStore } from './data-stores.ts';

/** Clusters in a DataStore whose databases were not looked into for the longest time; those that never were take their chance, so that ones which cannot be keep nobody out. */
export async function storesToMeasure(
  db: Queryable,
  place: { readonly managementCluster: string; readonly dataStore: string; readonly limit: number },
): Promise<readonly string[]> {
  const result = await db.query<{ id: string }>(
    `select c.id from clusters c left join tenant_stores t on t.cluster_id = c.id
     where c.management_cluster = $1 and c.data_store = $2 and c.deleted_at is null and c.delete_requested_at is null
     order by coalesce(t.measured_at, now() - random() * interval '1 hour') limit $3`,
    [place.managementCluster, place.dataStore, place.limit],
  );
  return result.rows.map(({ id }) => id);
}

/**
 * Keeps what was seen, and what of it is more than a cluster may store. One that was over the quota has to come well below it; clusters for which that changes are due at once.
 */
export async function saveTenantStores(
  db: Queryable,
  stores: readonly TenantStore[],
  quotaBytes: number | null,
): Promise<void> {
  await db.query(
    `with before as (select cluster_id, frozen from tenant_stores), saved as (
       insert into tenant_stores (cluster_id, project_id, bytes, row_estimate, revision, compacted_revision, used_bytes, quota_bytes, frozen)
       select c.id, c.project_id, s.bytes, s.rows, s.revision, s."compactedRevision", s."usedBytes", $2, coalesce(s."usedBytes" > $2, false)
       from jsonb_to_recordset($1) as s("clusterId" text, bytes bigint, rows bigint, revision bigint, "compactedRevision" bigint, "usedBytes" bigint)
       join clusters c on c.id = s."clusterId" and c.deleted_at is null
       on conflict (cluster_id) do update set bytes = excluded.bytes, row_estimate = excluded.row_estimate, revision = excluded.revision,
         compacted_revision = excluded.compacted_revision, used_bytes = excluded.used_bytes, quota_bytes = excluded.quota_bytes, measured_at = now(),
         frozen = excluded.frozen or (tenant_stores.frozen and coalesce(excluded.used_bytes > ${thaw} * excluded.quota_bytes, false))
       returning cluster_id, frozen)
     update clusters c set next_due_at = now() from saved s left join before b using (cluster_id)
     where c.id = s.cluster_id and s.frozen <> coalesce(b.frozen, false)`,
    [JSON.stringify(stores), quotaBytes],
  );
}

/** Part of the quota below which a cluster that was over it may store more again. */
const thaw = 0.9;

export interface StoredTenantStore extends TenantStore {
  readonly measuredAt: Date;
}

/** All of one management cluster. */
export async function listTenantStores(
  db: Queryable,
  managementCluster: string,
): Promise<readonly StoredTenantStore[]> {
  const result = await db.query<StoredTenantStore>(
    `select t.cluster_id as "clusterId", t.bytes::float8 as bytes, coalesce(t.used_bytes, t.bytes)::float8 as "usedBytes", t.row_estimate::float8 as rows, t.revision::float8 as revision,
       t.compacted_revision::float8 as "compactedRevision", t.measured_at as "measuredAt"
     from tenant_stores t join clusters c on c.id = t.cluster_id
     where c.management_cluster = $1 and c.deleted_at is null`,
    [managementCluster],
  );
  return result.rows;
}
