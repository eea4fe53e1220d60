import type { WriteTransaction } from '@matryoshka/application';
import * as db from '@matryoshka/postgres';

/** The statements of one transaction, bound to it. */
export function writeTransaction(tx: db.Queryable): WriteTransaction {
  return {
    lockProject: async (projectId) => {
      // Not `for update`: a foreign key's check (key share) by a change that holds a cluster's row would wait for us, and we for that row.
      await tx.query('select 1 from projects where id = $1 for no key update', [projectId]);
    },
    listVersions: async () => await db.listKubernetesVersions(tx),
    listFlavors: async () => await db.listFlavors(tx),
    getQuota: async (projectId) => await db.getProjectQuota(tx, projectId),
    // Limits are the project's, whatever clusters the caller's token is for.
    listAllClusters: async () => await db.inWholeProject(tx, async () => await db.listClusters(tx, { limit: 10_000 })),
    getClusterForUpdate: async (id) => await db.getCluster(tx, id, { lock: true }),
    lockRooms: async () => {
      await db.lockPlacement(tx);
      return await db.listManagementClusters(tx);
    },
    insertCluster: async (cluster) => await db.insertCluster(tx, cluster),
    insertPool: async (cluster, pool) => await db.insertPool(tx, cluster, pool),
    updatePool: async (clusterId, pool) => await db.updatePool(tx, clusterId, pool),
    deletePool: async (clusterId, name) => await db.deletePool(tx, clusterId, name),
    requestRecycling: async (clusterId, name) => await db.requestRecycling(tx, clusterId, name),
    bumpCluster: async (id, change) => await db.bumpCluster(tx, id, change),
    insertOperation: async (operation) => await db.insertOperation(tx, { ...operation, id: db.newOperationId() }),
    getOperation: async (id) => await db.getOperation(tx, id),
    findRunningDeletion: async (clusterId) => {
      const filter = { clusterId, kind: 'cluster.delete', state: 'running', limit: 1 } as const;
      return (await db.listOperations(tx, filter))[0];
    },
    supersedeOperations: async (clusterId, message, but) => await db.supersedeOperations(tx, clusterId, message, but),
    supersedeOperation: async (id, message) => await db.supersedeOperation(tx, id, message),
    startOperation: async (id, generation, message) => await db.startOperation(tx, id, generation, message),
    getBackup: async (where) => await db.getBackup(tx, where),
    countRequestedBackups: async (clusterId) => await db.countRequestedBackups(tx, clusterId),
    lastScheduledBackup: async (clusterId) => await db.lastScheduledBackup(tx, clusterId),
    insertBackup: async (cluster, wish) =>
      await db.insertBackup(tx, {
        ...{ id: db.newBackupId(), ...wish },
        cluster: { ...cluster, kubernetesVersion: cluster.status.kubernetesVersion ?? cluster.kubernetesVersion },
      }),
    backupPlace: async (managementCluster) => await db.backupPlace(tx, managementCluster),
    scheduleDeletion: async (id, scheduled) => await db.scheduleDeletion(tx, id, scheduled),
    listAllResources: async (clusterId) => await db.allResources(tx, clusterId),
    insertReceipt: async (receipt) => await db.insertReceipt(tx, receipt),
    appendEvent: async (event) => await db.appendEvent(tx, event),
    audit: async (record) => await db.insertAuditRecord(tx, record),
    newClusterId: db.newClusterId,
  };
}
