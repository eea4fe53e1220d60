import type { Operation } from '@matryoshka/domain';
import type { Caller } from '../access/authorize.ts';
import { clusterForChange, type IfMatch, recordChange } from '../cluster/record-change.ts';
import type { WriteTransaction } from '../store.ts';

/** Begins a new epoch of access: the cluster refuses every credential that was given out before. Throws what {@link clusterForChange} throws. */
export async function revokeCredentials(
  tx: WriteTransaction,
  caller: Caller,
  input: { readonly clusterId: string; readonly ifMatch: IfMatch },
): Promise<Operation> {
  const cluster = await clusterForChange(tx, input.clusterId, input.ifMatch);
  const generation = await tx.bumpCluster(cluster.id, { newAccessEpoch: true });
  return await recordChange(tx, caller, {
    kind: 'credential.revoke',
    clusterId: cluster.id,
    generation,
    message: 'accepted',
    event: 'cluster.updated',
    before: { accessEpoch: cluster.accessEpoch },
    after: { accessEpoch: cluster.accessEpoch + 1 },
  });
}
