import type { Cluster, Operation, OperationKind, OperationUndo } from '@matryoshka/domain';
import type { Caller } from '../access/authorize.ts';
import { KaasError, notFound } from '../errors.ts';
import type { WriteTransaction } from '../store.ts';

export interface Change {
  readonly kind: OperationKind;
  readonly clusterId: string;
  readonly generation: number;
  readonly message: string;
  readonly event: string;
  readonly before?: unknown;
  readonly after?: unknown;
  /** What would take it back. */
  readonly undo?: OperationUndo;
  /** The operation that stands for it, where one was made before. */
  readonly operation?: Operation;
}

/** What every change leaves behind, in the transaction of the change: an operation, an audit record, two events. */
export async function recordChange(tx: WriteTransaction, caller: Caller, change: Change): Promise<Operation> {
  const operation =
    change.operation ??
    (await tx.insertOperation({
      kind: change.kind,
      clusterId: change.clusterId,
      projectId: caller.projectId,
      generation: change.generation,
      message: change.message,
      requestedBy: caller.userName,
      requestId: caller.requestId,
      ...(change.undo === undefined ? {} : { undo: change.undo }),
    }));
  await tx.audit({
    projectId: caller.projectId,
    userId: caller.userId,
    userName: caller.userName,
    action: change.kind,
    resource: change.clusterId,
    requestId: caller.requestId,
    remoteAddress: caller.remoteAddress,
    before: change.before,
    after: change.after,
  });
  const common = { projectId: caller.projectId, clusterId: change.clusterId };
  await tx.appendEvent({ ...common, type: change.event, data: { generation: change.generation } });
  await tx.appendEvent({
    ...common,
    operationId: operation.id,
    type: change.operation === undefined ? 'operation.created' : 'operation.progress',
    data: { kind: change.kind, state: 'running' },
  });
  return operation;
}

/** The cluster, locked for a change. Throws `not_found`, `precondition_failed` (If-Match), `cluster_deleting`. */
export async function clusterForChange(tx: WriteTransaction, clusterId: string, ifMatch: IfMatch): Promise<Cluster> {
  const cluster = await tx.getClusterForUpdate(clusterId);
  if (cluster === undefined) throw notFound('cluster', clusterId);
  refuseStale(cluster, ifMatch);
  if (cluster.deleteRequestedAt !== null)
    throw new KaasError('cluster_deleting', `The cluster ${cluster.name} is being deleted.`, {
      next: 'Wait until it is gone, then make a new one.',
    });
  return cluster;
}

/** The generations of which the cluster must have one (RFC 9110 §13.1.1); undefined: any. An empty list matches nothing. */
export type IfMatch = readonly number[] | undefined;

export function refuseStale(cluster: Cluster, ifMatch: IfMatch): void {
  if (ifMatch !== undefined && !ifMatch.includes(cluster.generation))
    throw new KaasError(
      'precondition_failed',
      `The cluster is at "${cluster.generation}" now, and your If-Match does not name that.`,
      { next: 'Read the cluster again, then repeat the change with its ETag.' },
    );
}
