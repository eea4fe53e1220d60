import type { Cluster, Operation, VolumePolicy } from '@matryoshka/domain';
import type { Caller } from '../access/authorize.ts';
import { type IfMatch, recordChange, refuseStale } from '../cluster/record-change.ts';
import { KaasError, notFound } from '../errors.ts';
import type { WriteTransaction } from '../store.ts';
import { planDeletionOf } from './plan.ts';

export interface DeleteRequest {
  readonly clusterId: string;
  /** Default: keep, or what an earlier request that still waits chose. */
  readonly volumes?: VolumePolicy;
  /** Default: the grace period of the cluster. */
  readonly graceSeconds?: number;
  /** The plan that the caller agreed to. */
  readonly planId?: string;
  readonly ifMatch: IfMatch;
  readonly now: Date;
}

/** Asks for the deletion of a cluster, now or after its grace period; asked again, answers with the deletion that is there. */
export async function deleteCluster(tx: WriteTransaction, caller: Caller, request: DeleteRequest): Promise<Operation> {
  const cluster = await tx.getClusterForUpdate(request.clusterId);
  if (cluster === undefined) throw notFound('cluster', request.clusterId);
  const known = await tx.findRunningDeletion(cluster.id);
  if (cluster.deleteRequestedAt !== null && known !== undefined) return known;
  refuseProtected(cluster);
  refuseStale(cluster, request.ifMatch);
  const waits = cluster.deleteScheduledAt !== null;
  const volumes = request.volumes ?? (waits ? cluster.volumesOnDelete : 'keep');
  refuseOtherPlan(request.planId, await planNow(tx, cluster, volumes));
  const graceSeconds = request.graceSeconds ?? cluster.deletion.gracePeriodSeconds;
  if (cluster.deleteRequestedAt !== null || graceSeconds === 0)
    return await beginDeletion(tx, caller, cluster, { volumes, waiting: known });
  if (cluster.deleteScheduledAt === null || known === undefined) {
    const at = new Date(request.now.getTime() + graceSeconds * 1000);
    return await scheduleDeletion(tx, caller, cluster, { at, volumes });
  }
  if (volumes !== cluster.volumesOnDelete)
    await announceSchedule(tx, caller, cluster, { at: cluster.deleteScheduledAt, volumes });
  return known;
}

const planNow = async (tx: WriteTransaction, cluster: Cluster, volumes: VolumePolicy) =>
  planDeletionOf(cluster, await tx.listAllResources(cluster.id), volumes);

function refuseProtected(cluster: Cluster): void {
  if (cluster.deletion.protection)
    throw new KaasError('deletion_protected', `The cluster ${cluster.name} is protected from deletion.`, {
      next: `Switch the protection off first: kaas cluster update ${cluster.name} --deletion-protection off`,
    });
}

function refuseOtherPlan(agreed: string | undefined, plan: { readonly planId: string }): void {
  if (agreed !== undefined && agreed !== plan.planId)
    throw new KaasError('deletion_plan_changed', 'The deletion would not do what the plan you agreed to says.', {
      next: 'Read the deletion plan again, then delete with its planId.',
    });
}

async function scheduleDeletion(
  tx: WriteTransaction,
  caller: Caller,
  cluster: Cluster,
  schedule: { readonly at: Date; readonly volumes: VolumePolicy },
): Promise<Operation> {
  const operation = await tx.insertOperation({
    kind: 'cluster.delete',
    clusterId: cluster.id,
    projectId: caller.projectId,
    generation: cluster.generation,
    message: `begins at ${schedule.at.toISOString()}; until then it can be undone`,
    requestedBy: caller.userName,
    requestId: caller.requestId,
    startsAt: schedule.at,
  });
  await announceSchedule(tx, caller, cluster, schedule);
  await tx.appendEvent({
    projectId: caller.projectId,
    clusterId: cluster.id,
    operationId: operation.id,
    type: 'operation.created',
    data: { kind: operation.kind, state: 'running', startsAt: schedule.at.toISOString() },
  });
  return operation;
}

async function announceSchedule(
  tx: WriteTransaction,
  caller: Caller,
  cluster: Cluster,
  { at, volumes }: { readonly at: Date; readonly volumes: VolumePolicy },
): Promise<void> {
  await tx.scheduleDeletion(cluster.id, { at, volumes });
  const after = { scheduledAt: at.toISOString(), volumes };
  await tx.audit({
    projectId: caller.projectId,
    userId: caller.userId,
    userName: caller.userName,
    action: 'cluster.delete',
    resource: cluster.id,
    requestId: caller.requestId,
    remoteAddress: caller.remoteAddress,
    before: { name: cluster.name, scheduledAt: cluster.deleteScheduledAt, volumes: cluster.volumesOnDelete },
    after,
  });
  const common = { projectId: caller.projectId, clusterId: cluster.id };
  await tx.appendEvent({ ...common, type: 'cluster.deletion_scheduled', data: after });
}

/** From here on things are destroyed. `waiting`: the operation that was made when the deletion was asked for. */
export async function beginDeletion(
  tx: WriteTransaction,
  caller: Caller,
  cluster: Cluster,
  { volumes, waiting }: { readonly volumes: VolumePolicy; readonly waiting: Operation | undefined },
): Promise<Operation> {
  const { items } = await planNow(tx, cluster, volumes);
  const generation = await tx.bumpCluster(cluster.id, { deleted: { volumes } });
  for (const operationId of await tx.supersedeOperations(cluster.id, 'the cluster is being deleted', waiting?.id))
    await tx.appendEvent({
      projectId: caller.projectId,
      clusterId: cluster.id,
      operationId,
      type: 'operation.finished',
      data: { state: 'superseded' },
    });
  const message = 'accepted';
  if (waiting !== undefined) await tx.startOperation(waiting.id, generation, message);
  const operation = await recordChange(tx, caller, {
    kind: 'cluster.delete',
    clusterId: cluster.id,
    generation,
    message,
    event: 'cluster.deleting',
    before: { name: cluster.name, pools: cluster.pools },
    after: { volumes },
    ...(waiting === undefined ? {} : { operation: { ...waiting, startsAt: null, generation, message } }),
  });
  await tx.insertReceipt({
    clusterId: cluster.id,
    projectId: caller.projectId,
    clusterName: cluster.name,
    operationId: operation.id,
    requestedBy: operation.requestedBy,
    volumes,
    items,
  });
  return operation;
}
