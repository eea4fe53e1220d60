import type { Limits, Operation, Restore } from '@matryoshka/domain';
import type { Caller } from '../access/authorize.ts';
import { keepData } from '../backup/restore-backup.ts';
import { updateCluster } from '../cluster/change-cluster.ts';
import { accessView } from '../cluster-access/settings.ts';
import { undoDeletion } from '../deletion/undo-deletion.ts';
import { KaasError, notFound } from '../errors.ts';
import { hibernationBody } from '../hibernation/settings.ts';
import { maintenanceBody } from '../maintenance/settings.ts';
import { deletePool, updatePool } from '../pool/pools.ts';
import type { WriteTransaction } from '../store.ts';

/**
 * Wants again what was wanted before an operation, where that is safe: the operation runs, nothing was changed after it, and nothing of a customer's is
 * destroyed by turning round. Answers the operation that brings it back; of a deletion that waits, the one that ended. Throws `not_cancellable`.
 */
export async function cancelOperation(
  tx: WriteTransaction,
  caller: Caller,
  input: {
    readonly operationId: string;
    readonly limits: Limits;
    readonly issuerUrl: string;
    readonly now: Date;
  },
): Promise<Operation> {
  const found = await tx.getOperation(input.operationId);
  if (found === undefined) throw notFound('operation', input.operationId);
  // In the order in which every change takes its locks.
  await tx.lockProject(caller.projectId);
  const cluster = await tx.getClusterForUpdate(found.clusterId);
  const operation = (await tx.getOperation(input.operationId)) ?? found;
  if (operation.state !== 'running' || cluster === undefined)
    throw refusal(operation, ['It has ended.', 'Change what you want instead.']);
  if (operation.startsAt !== null) {
    await undoDeletion(tx, caller, operation.clusterId);
    return (await tx.getOperation(operation.id)) ?? operation;
  }
  if (operation.undo === null) throw refusal(operation, reasons[operation.kind]);
  if (operation.generation !== cluster.generation)
    throw refusal(operation, ['The cluster was changed after it.', 'Cancel the later one, or change what you want.']);
  if (operation.undo.kind === 'keep-data' && (cluster.restore === null || isLoading(cluster.restore)))
    throw refusal(operation, reasons['cluster.restore']);
  const brought = await bringBack(tx, caller, operation, input);
  await tx.supersedeOperation(operation.id, `cancelled by ${caller.userName}`);
  const { projectId, clusterId, id: operationId } = operation;
  const data = { state: 'superseded', by: brought.id };
  await tx.appendEvent({ projectId, clusterId, operationId, type: 'operation.finished', data });
  return brought;
}

async function bringBack(
  tx: WriteTransaction,
  caller: Caller,
  { clusterId, undo }: Operation,
  { limits, issuerUrl, now }: { readonly limits: Limits; readonly issuerUrl: string; readonly now: Date },
): Promise<Operation> {
  const common = { clusterId, ifMatch: undefined, shape: [] };
  switch (undo?.kind) {
    case 'keep-data':
      return await keepData(tx, caller, clusterId);
    case 'remove-pool':
      return await deletePool(tx, caller, { ...common, poolName: undo.name });
    case 'restore-pool': {
      const { name, flavor, count, labels, taints, kubernetesVersion, rollout, autoRepair, autoscaling } = undo.pool;
      const body = {
        ...{ flavor, count, labels: { ...labels }, taints: taints.map((taint) => ({ ...taint })) },
        // Absent in operations that are older than these.
        ...(kubernetesVersion === undefined ? {} : { kubernetesVersion }),
        ...(rollout === undefined ? {} : { rollout }),
        ...(autoRepair === undefined ? {} : { autoRepair }),
        ...(autoscaling === undefined ? {} : { autoscaling }),
      };
      return await updatePool(tx, caller, { ...common, limits, poolName: name, body });
    }
    case 'restore-cluster': {
      const { tier, labels = {}, deletion, access, maintenance, hibernation, backup } = undo;
      // What became of JSON on its way through the database is text.
      const expiresAt = deletion.expiresAt === null ? null : new Date(deletion.expiresAt).toISOString();
      return await updateCluster(tx, caller, {
        ...common,
        body: {
          ...{ tier, labels: { ...labels }, deletion: { ...deletion, expiresAt } },
          ...(access === undefined ? {} : { access: accessView(access) }),
          ...(maintenance === undefined ? {} : { maintenance: maintenanceBody(maintenance) }),
          ...(backup === undefined ? {} : { backup: { ...backup } }),
          ...(hibernation === undefined ? {} : { hibernation: hibernationBody(hibernation) }),
        },
        issuerUrl,
        now,
      });
    }
    default:
      throw new Error('an operation that nothing can undo was to be undone');
  }
}

/** Whoever restores has begun, or may at any moment. */
const isLoading = ({ allowed, error }: Restore): boolean => allowed && error === null;

const reasons = {
  'cluster.create': ['A cluster that is being made is taken back by its deletion.', 'kaas cluster delete NAME'],
  'cluster.delete': ['It has begun to destroy.', 'Make a new cluster. Volumes that were kept can be used in it.'],
  'cluster.upgrade': ['A control plane does not go back.', 'Wait until it is done; kaas doctor tells what blocks it.'],
  'cluster.hibernate': ['It was made before this version of the service.', 'kaas cluster wake NAME'],
  'cluster.wake': ['It was made before this version of the service.', 'kaas cluster hibernate NAME'],
  'cluster.restore': [
    'The backup is being loaded.',
    'Wait. What was there before is the newest backup then: kaas backup list NAME',
  ],
  'cluster.renew-certificates': ['Certificates that were made anew stay.', 'Wait; nothing is void that was valid.'],
  'cluster.rotate': [
    'The new authority is trusted already, or may be at any moment.',
    'Wait; nothing of the old one is void until you complete the rotation.',
  ],
  'cluster.complete-rotation': ['What the old authority signed may be void already.', 'Fetch kubeconfigs again.'],
  'cluster.rotate-key': ['The old key may be gone at any moment.', 'Wait; nothing that you have was made with it.'],
  'pool.delete': ['Workers are being destroyed.', 'Add the pool again: kaas pool add'],
  'node.recycle': ['The worker is being emptied.', 'Wait for the one in its place.'],
  'credential.revoke': ['Credentials that were revoked stay so.', 'Whoever may still come gets new ones by itself.'],
  'cluster.update': ['It was made before this version of the service.', 'Change what you want.'],
  'pool.update': ['It was made before this version of the service.', 'Scale the pool: kaas pool scale'],
  'pool.upgrade': ['It cannot.', 'Give the pool its old version: kaas pool update'],
  'pool.create': ['It was made before this version of the service.', 'Remove the pool: kaas pool remove'],
} as const satisfies Record<Operation['kind'], readonly [string, string]>;

function refusal(operation: Operation, [why, next]: readonly [string, string]): KaasError {
  return new KaasError(
    'not_cancellable',
    `The operation ${operation.id} (${operation.kind}) cannot be cancelled. ${why}`,
    {
      next,
    },
  );
}
