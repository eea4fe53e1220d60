import { listClusterOwners, type Pool, replaceResources } from '@matryoshka/postgres';
import type { InventoryStore } from './inventory.ts';

/** The inventory in the product database. */
export function createPostgresInventory(pool: Pool): InventoryStore {
  return {
    clusters: async () => await listClusterOwners(pool),
    replace: async (kinds, resources) => {
      await replaceResources(pool, kinds, resources);
    },
  };
}
