import type { ClusterCertificates } from '@matryoshka/contract';
import type { Cluster, Operation, OperationKind } from '@matryoshka/domain';
import type { Caller } from '../access/authorize.ts';
import { refuseRestoring } from '../backup/restore-backup.ts';
import { clusterForChange, type IfMatch, recordChange } from '../cluster/record-change.ts';
import { KaasError } from '../errors.ts';
import { refuseAsleep } from '../hibernation/refusals.ts';
import type { WriteTransaction } from '../store.ts';
import { refuseRotating, refuseUnready, rotationRunning } from './refusals.ts';

interface Wish {
  readonly clusterId: string;
  readonly ifMatch: IfMatch;
  readonly now: Date;
}

/** Wants all certificates of a control plane made anew. Throws `cluster_deleting`, `cluster_restoring`, `cluster_not_ready`, `rotation_running`. */
export async function renewCertificates(tx: WriteTransaction, caller: Caller, wish: Wish): Promise<Operation> {
  const cluster = await clusterForChange(tx, wish.clusterId, wish.ifMatch);
  refuseRestoring(cluster);
  refuseUnready(cluster);
  refuseRotating(cluster);
  return await record(tx, caller, cluster, 'cluster.renew-certificates', { renewBefore: wish.now });
}

/** Wants another authority, trusted beside the one there is. Throws as {@link renewCertificates}, and `cluster_hibernated`. */
export async function beginRotation(tx: WriteTransaction, caller: Caller, wish: Wish): Promise<Operation> {
  const cluster = await clusterForChange(tx, wish.clusterId, wish.ifMatch);
  refuseRestoring(cluster);
  refuseAsleep(cluster);
  refuseUnready(cluster);
  if (cluster.rotation !== null) throw rotationRunning(cluster);
  return await record(tx, caller, cluster, 'cluster.rotate', { rotation: 'preparing' });
}

/** Wants the old authority gone. Throws `rotation_not_prepared`, `cluster_hibernated`, `cluster_deleting`, `cluster_restoring`, `cluster_not_ready`. */
export async function completeRotation(tx: WriteTransaction, caller: Caller, wish: Wish): Promise<Operation> {
  const cluster = await clusterForChange(tx, wish.clusterId, wish.ifMatch);
  const { name, rotation } = cluster;
  if (rotation === null)
    throw new KaasError('rotation_not_prepared', `No rotation of ${name} has begun.`, {
      next: `Begin one: kaas certificate rotate ${name}`,
    });
  if (rotation.phase !== 'prepared')
    throw new KaasError('rotation_not_prepared', `The rotation of ${name} is ${rotation.phase}.`, {
      next: 'Wait for that operation: kaas operation list',
    });
  refuseRestoring(cluster);
  refuseAsleep(cluster);
  refuseUnready(cluster);
  return await record(tx, caller, cluster, 'cluster.complete-rotation', { rotation: 'completing' });
}

async function record(
  tx: WriteTransaction,
  caller: Caller,
  { id }: Cluster,
  kind: OperationKind,
  change: Parameters<WriteTransaction['bumpCluster']>[1],
): Promise<Operation> {
  return await recordChange(tx, caller, {
    ...{ kind, clusterId: id, message: 'accepted', event: 'cluster.updated', after: change },
    generation: await tx.bumpCluster(id, change),
  });
}

/** Certificates as the API shows them. */
export function certificatesView({ status, rotation }: Cluster): ClusterCertificates {
  return {
    items: status.certificates
      .map((one) => ({ ...one }))
      .toSorted((a, b) => a.notAfter.localeCompare(b.notAfter) || a.name.localeCompare(b.name)),
    rotation: rotation === null ? null : { phase: rotation.phase, since: rotation.since.toISOString() },
  };
}
