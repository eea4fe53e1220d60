import type { Operation } from '@matryoshka/domain';
import type { Caller } from '../access/authorize.ts';
import { clusterForChange, type IfMatch, recordChange } from '../cluster/record-change.ts';
import { notFound } from '../errors.ts';
import { refuseAsleep } from '../hibernation/refusals.ts';
import type { WriteTransaction } from '../store.ts';

/** Wants a worker replaced. Asked twice, it is replaced once. Throws `not_found`, `cluster_deleting`, `cluster_hibernated`. */
export async function recycleNode(
  tx: WriteTransaction,
  caller: Caller,
  {
    clusterId,
    nodeName,
    ifMatch,
  }: { readonly clusterId: string; readonly nodeName: string; readonly ifMatch: IfMatch },
): Promise<Operation> {
  const cluster = await clusterForChange(tx, clusterId, ifMatch);
  refuseAsleep(cluster);
  if (!(await tx.requestRecycling(cluster.id, nodeName))) throw notFound('node', nodeName);
  return await recordChange(tx, caller, {
    kind: 'node.recycle',
    clusterId: cluster.id,
    generation: await tx.bumpCluster(cluster.id),
    message: 'accepted',
    event: 'cluster.updated',
    after: { node: nodeName },
  });
}
