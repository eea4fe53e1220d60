import type { ClusterPatch } from '@matryoshka/contract';
import { type Operation, type Violation, type VolumePolicy, validateClusterChange } from '@matryoshka/domain';
import type { Caller } from '../access/authorize.ts';
import { mergeViolations, notFound, refuseViolations } from '../errors.ts';
import type { WriteTransaction } from '../store.ts';
import { clusterForChange, type IfMatch, recordChange, refuseStale } from './record-change.ts';

/** Changes the tier. */
export async function updateCluster(
  tx: WriteTransaction,
  caller: Caller,
  input: {
    readonly clusterId: string;
    readonly body: ClusterPatch;
    readonly shape: readonly Violation[];
    readonly ifMatch: IfMatch;
  },
): Promise<Operation> {
  const cluster = await clusterForChange(tx, input.clusterId, input.ifMatch);
  refuseViolations(mergeViolations(input.shape, validateClusterChange(input.body)));
  const generation = await tx.bumpCluster(cluster.id, input.body.tier === undefined ? {} : { tier: input.body.tier });
  return await recordChange(tx, caller, {
    kind: 'cluster.update',
    clusterId: cluster.id,
    generation,
    message: 'accepted',
    event: 'cluster.updated',
    before: { tier: cluster.tier },
    after: input.body,
  });
}

/** Asks for the deletion of a cluster; asked again, answers with the deletion that runs. */
export async function deleteCluster(
  tx: WriteTransaction,
  caller: Caller,
  input: { readonly clusterId: string; readonly volumes: VolumePolicy; readonly ifMatch: IfMatch },
): Promise<Operation> {
  const cluster = await tx.getClusterForUpdate(input.clusterId);
  if (cluster === undefined) throw notFound('cluster', input.clusterId);
  if (cluster.deleteRequestedAt !== null) {
    const running = await tx.findRunningDeletion(cluster.id);
    if (running !== undefined) return running;
  } else refuseStale(cluster, input.ifMatch);
  const generation = await tx.bumpCluster(cluster.id, { deleted: { volumes: input.volumes } });
  const superseded = await tx.supersedeOperations(cluster.id, 'the cluster is being deleted');
  for (const operationId of superseded)
    await tx.appendEvent({
      projectId: caller.projectId,
      clusterId: cluster.id,
      operationId,
      type: 'operation.finished',
      data: { state: 'superseded' },
    });
  return await recordChange(tx, caller, {
    kind: 'cluster.delete',
    clusterId: cluster.id,
    generation,
    message: 'accepted',
    event: 'cluster.deleting',
    before: { name: cluster.name, pools: cluster.pools },
    after: { volumes: input.volumes },
  });
}
