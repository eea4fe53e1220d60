import type { Capacity, ManagementClusterRoom } from '@matryoshka/domain';
import { inTransaction, type Pool, type Queryable } from '../database.ts';

export interface StoredManagementCluster extends Omit<ManagementClusterRoom, 'dataStores'> {
  readonly region: string;
  readonly cordonReason: string | null;
  readonly observedAt: Date | null;
  readonly dataStores: readonly (ManagementClusterRoom['dataStores'][number] & {
    /** That are open now. */
    readonly connections: number | null;
    /** Since when every moment of it can be had back; null: none can. */
    readonly archivedFrom: Date | null;
    /** Its archive does not take what is written now. */
    readonly archiveFailing: boolean;
  })[];
}

/** A controller that has said nothing for so long is silent. */
const silentAfter = "interval '5 minutes'";

/** All of them by name, with what is placed in each now. */
export async function listManagementClusters(db: Queryable): Promise<readonly StoredManagementCluster[]> {
  const result = await db.query<StoredManagementCluster>(
    `with placed as (
       select management_cluster, data_store, coalesce(sum(tenants) filter (where tier = 'standard'), 0)::int as standard,
         coalesce(sum(tenants) filter (where tier = 'ha'), 0)::int as ha
       from placed_control_planes() group by 1, 2
     ), stores as (
       -- One that holds control planes counts also when nobody has looked at it yet.
       select coalesce(d.management_cluster, p.management_cluster) as management_cluster, jsonb_build_object(
         'name', coalesce(d.name, p.data_store), 'maxTenants', max_tenants, 'maxConnections', max_connections, 'maxBytes', max_bytes,
         'connections', connections, 'bytes', bytes, 'archivedFrom', archived_from, 'archiveFailing', coalesce(archive_failing, false),
         'tenants', jsonb_build_object('standard', coalesce(p.standard, 0), 'ha', coalesce(p.ha, 0))) as store
       from data_stores d full join placed p on p.management_cluster = d.management_cluster and p.data_store = d.name
     )
     select name, region, cordoned, cordon_reason as "cordonReason", nodes, capacity, reserved, observed_at as "observedAt",
       coalesce(observed_at > now() - ${silentAfter}, false) as fresh,
       coalesce((select jsonb_agg(store order by store ->> 'name') from stores s where s.management_cluster = m.name), '[]') as "dataStores"
     from management_clusters m order by name`,
  );
  // Times come out of JSON as texts.
  return result.rows.map((row) => ({
    ...row,
    dataStores: row.dataStores.map((store) => ({
      ...store,
      archivedFrom: store.archivedFrom === null ? null : new Date(store.archivedFrom),
    })),
  }));
}

/** Keeps other placements out until the end of the transaction, so that two at once do not take the same room. */
export async function lockPlacement(db: Queryable): Promise<void> {
  await db.query('select pg_advisory_xact_lock(7260503)');
}

/** Undefined when there is none of that name. A reason: it takes no new control planes; null: it does again. */
export async function cordonManagementCluster(
  db: Queryable,
  name: string,
  reason: string | null,
): Promise<{ readonly cordoned: boolean; readonly cordonReason: string | null } | undefined> {
  const before = await db.query<{ cordoned: boolean; cordonReason: string | null }>(
    'select cordoned, cordon_reason as "cordonReason" from management_clusters where name = $1 for no key update',
    [name],
  );
  await db.query('update management_clusters set cordoned = $2, cordon_reason = $3 where name = $1', [
    name,
    reason !== null,
    reason,
  ]);
  return before.rows[0];
}

/** Makes a management cluster known, before anything was seen of it; not when the installation has some in other regions, which this answers. */
export async function registerManagementCluster(
  db: Queryable,
  name: string,
  region: string,
): Promise<readonly string[]> {
  const { rows } = await db.query<{ region: string }>(
    "select distinct region from management_clusters where name <> $1 and region not in ($2, '')",
    [name, region],
  );
  if (rows.length === 0)
    await db.query(
      `insert into management_clusters (name, region) values ($1, $2)
       on conflict (name) do update set region = excluded.region where management_clusters.region <> excluded.region`,
      [name, region],
    );
  return rows.map((row) => row.region);
}

export interface ObservedManagementCluster {
  readonly nodes: number;
  readonly capacity: Capacity;
  readonly reserved: Capacity;
  readonly dataStores: readonly {
    readonly name: string;
    readonly maxTenants: number | null;
    readonly maxConnections: number | null;
    readonly maxBytes: number | null;
    readonly connections: number | null;
    readonly bytes: number | null;
  }[];
}

/** Keeps what a controller has seen; DataStores that are not there any more are forgotten. */
export async function reportManagementCluster(
  pool: Pool,
  name: string,
  { nodes, capacity, reserved, dataStores }: ObservedManagementCluster,
): Promise<void> {
  await inTransaction(pool, async (tx) => {
    await tx.query(
      'update management_clusters set nodes = $2, capacity = $3, reserved = $4, observed_at = now() where name = $1',
      [name, nodes, JSON.stringify(capacity), JSON.stringify(reserved)],
    );
    await tx.query('delete from data_stores where management_cluster = $1 and name <> all($2)', [
      name,
      dataStores.map((store) => store.name),
    ]);
    for (const store of dataStores)
      await tx.query(
        `insert into data_stores (management_cluster, name, max_tenants, max_connections, max_bytes, connections, bytes)
         values ($1, $2, $3, $4, $5, $6, $7)
         on conflict (management_cluster, name) do update set max_tenants = excluded.max_tenants, max_connections = excluded.max_connections,
           max_bytes = excluded.max_bytes, connections = excluded.connections, bytes = excluded.bytes, observed_at = now()`,
        [name, store.name, store.maxTenants, store.maxConnections, store.maxBytes, store.connections, store.bytes],
      );
  });
}
