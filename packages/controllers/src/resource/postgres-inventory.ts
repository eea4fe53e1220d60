import {
  listAdoptions,
  listClusterOwners,
  listRemovals,
  noteAdoption,
  noteRemoval,
  type Pool,
  replaceLeftovers,
  replaceResources,
} from '@matryoshka/postgres';
import type { InventoryStore } from './inventory.ts';

/** The inventory in the product database. */
export function createPostgresInventory(pool: Pool): InventoryStore {
  return {
    clusters: async () => await listClusterOwners(pool),
    replace: async (kinds, resources) => {
      await replaceResources(pool, kinds, resources);
    },
    replaceLeftovers: async (kinds, resources) => await replaceLeftovers(pool, kinds, resources),
    removals: async () => await listRemovals(pool),
    noteRemoval: async (what, error) => await noteRemoval(pool, what, error),
    adoptions: async () => await listAdoptions(pool),
    noteAdoption: async (what, error) => await noteAdoption(pool, what, error),
  };
}
