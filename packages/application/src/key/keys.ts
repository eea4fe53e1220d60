import type { ClusterKeys } from '@matryoshka/contract';
import type { Cluster, ClusterKey, Operation } from '@matryoshka/domain';
import type { Caller } from '../access/authorize.ts';
import { refuseRestoring } from '../backup/restore-backup.ts';
import { refuseRotating, refuseUnready } from '../certificate/refusals.ts';
import { clusterForChange, type IfMatch, recordChange } from '../cluster/record-change.ts';
import { refuseAsleep } from '../hibernation/refusals.ts';
import type { WriteTransaction } from '../store.ts';

/**
 * Wants a key of a cluster replaced by one that is made from now on. Throws `cluster_deleting`, `cluster_restoring`, `cluster_hibernated`, `cluster_not_ready`, and `rotation_running` while the authority
 * is exchanged. A key that is being replaced is replaced once more afterwards.
 */
export async function rotateKey(
  tx: WriteTransaction,
  caller: Caller,
  wish: { readonly clusterId: string; readonly key: ClusterKey; readonly ifMatch: IfMatch; readonly now: Date },
): Promise<Operation> {
  const cluster = await clusterForChange(tx, wish.clusterId, wish.ifMatch);
  refuseRestoring(cluster);
  refuseAsleep(cluster);
  refuseUnready(cluster);
  refuseRotating(cluster);
  const change = wish.key === 'encryption' ? { encryptionBefore: wish.now } : { credentialBefore: wish.now };
  return await recordChange(tx, caller, {
    ...{ kind: 'cluster.rotate-key', clusterId: cluster.id, message: 'accepted', event: 'cluster.updated' },
    after: { key: wish.key },
    generation: await tx.bumpCluster(cluster.id, change),
  });
}

/** Keys as the API shows them. */
export const keysView = ({ status }: Cluster): ClusterKeys => ({ items: status.keys.map((key) => ({ ...key })) });
