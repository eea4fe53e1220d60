import type { BackupPort } from '@matryoshka/application';
import { backupPlace, countRequestedBackups, insertBackup, newBackupId, type Queryable } from '@matryoshka/postgres';

/** The port on a transaction. */
export function backupPort(tx: Queryable): BackupPort {
  return {
    place: async (managementCluster) => await backupPlace(tx, managementCluster),
    countRequested: async (clusterId) => await countRequestedBackups(tx, clusterId),
    insert: async (cluster, reason, requestedBy, at) =>
      await insertBackup(tx, {
        ...{ id: newBackupId(), reason, requestedBy, at },
        cluster: { ...cluster, kubernetesVersion: cluster.status.kubernetesVersion ?? cluster.kubernetesVersion },
      }),
  };
}
