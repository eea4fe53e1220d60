import {
  addLedgerEntry,
  addRepair,
  allowRestore,
  appendEvent,
  autoscalerMemory,
  endRotation,
  getCluster,
  listDueClusters,
  listFlavors,
  listLedger,
  listRepairs,
  type Pool,
  readSecret,
  rememberAutoscaler,
  removeCluster,
  removeLedgerEntry,
  renewWorkers,
  reportCluster,
  type SecretBox,
  saveSecret,
  scalePool,
} from '@matryoshka/postgres';
import type { ClusterStore } from './ports.ts';

/** The port on the product database, for the clusters of one management cluster; secrets are sealed before they reach it. */
export function createPostgresClusterStore(pool: Pool, box: SecretBox, managementCluster: string): ClusterStore {
  return {
    load: async (id) => {
      const cluster = await getCluster(pool, id);
      return cluster?.place.managementCluster === managementCluster ? cluster : undefined;
    },
    due: async (limit) => (await listDueClusters(pool, { managementCluster, limit })).map(({ id }) => id),
    ledger: async (id) => await listLedger(pool, id),
    addLedger: async (id, key) => await addLedgerEntry(pool, id, key),
    removeLedger: async (id, key) => await removeLedgerEntry(pool, id, key),
    repairs: async (clusterId, since) => await listRepairs(pool, { clusterId, since, limit: 100 }),
    addRepair: async (cluster, repair) => await addRepair(pool, cluster, repair),
    autoscaler: async (clusterId) => ({
      flavors: await listFlavors(pool),
      memory: await autoscalerMemory(pool, clusterId),
    }),
    rememberAutoscaler: async (clusterId, name, memory) => await rememberAutoscaler(pool, clusterId, name, memory),
    scalePool: async (cluster, scaling) => await scalePool(pool, cluster, scaling),
    allowRestore: async (clusterId) => await allowRestore(pool, clusterId),
    renewWorkers: async (clusterId, authority) => await renewWorkers(pool, clusterId, authority),
    endRotation: async (clusterId, phase) => await endRotation(pool, clusterId, phase),
    noteDrift: async ({ id: clusterId, projectId }, drift) =>
      await appendEvent(pool, { clusterId, projectId, type: 'cluster.drift', data: { ...drift } }),
    secret: async (owner, kind) => await readSecret(pool, box, { owner, kind }),
    saveSecret: async ({ id: owner, projectId }, kind, value) =>
      await saveSecret(pool, box, { owner, kind, projectId, value }),
    report: async (cluster, plan, error) =>
      await reportCluster(pool, cluster.id, {
        generation: cluster.generation,
        plan,
        now: new Date(),
        ...(error === undefined ? {} : { error }),
      }),
    finishDeletion: async ({ id }) => await removeCluster(pool, id, new Date()),
  };
}
