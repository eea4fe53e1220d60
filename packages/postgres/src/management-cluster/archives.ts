import type { Queryable } from '../database.ts';

/** Names of the DataStores of a management cluster that were seen. */
export async function dataStoreNames(db: Queryable, managementCluster: string): Promise<readonly string[]> {
  const { rows } = await db.query<{ name: string }>(
    'select name from data_stores where management_cluster = $1 order by name',
    [managementCluster],
  );
  return rows.map(({ name }) => name);
}

/** Keeps since when a DataStore can be had back (null: not at all), and whether its archive takes what is written now. */
export async function reportArchive(
  db: Queryable,
  { managementCluster, name }: { readonly managementCluster: string; readonly name: string },
  { from, failing }: { readonly from: Date | null; readonly failing: boolean },
): Promise<void> {
  await db.query(
    `update data_stores set archived_from = $3, archive_failing = $4
     where management_cluster = $1 and name = $2 and (archived_from, archive_failing) is distinct from ($3::timestamptz, $4::boolean)`,
    [managementCluster, name, from, failing],
  );
}
