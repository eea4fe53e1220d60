import {
  type DataStoreAddress,
  measureTenantStores,
  type Pool,
  saveTenantStores,
  storesToMeasure,
} from '@matryoshka/postgres';

/** Databases that are looked into in one turn: each costs a connection for a moment. */
const atOnce = 20;

/** Looks into the databases of control planes in a DataStore that nobody looked into for the longest time, and keeps what it saw. */
export function lookIntoTenants(
  pool: Pool,
  managementCluster: string,
  quotaBytes: number | null,
): (dataStore: string, address: DataStoreAddress) => Promise<void> {
  return async (dataStore, address) => {
    const ids = await storesToMeasure(pool, { managementCluster, dataStore, limit: atOnce });
    if (ids.length > 0) {
      const stores = await measureTenantStores(address, ids, quotaBytes);
      await saveTenantStores(pool, stores, quotaBytes);
    }
  };
}
