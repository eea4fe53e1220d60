import type { Cluster, ClusterAction, ObservedCluster, Scaling } from '@matryoshka/domain';
import { isNotFound, type ObjectRef } from '@matryoshka/kube';
import type { ClusterContext } from '../context.ts';
import { deleteCredential, deleteSuperseded, ensureCredential, renewCredential } from '../credential.ts';
import { stepEncryption } from '../encryption/step.ts';
import { deleteFirstAnnotation, fieldManager } from '../labels.ts';
import { deleteLeftoverLoadBalancers } from '../load-balancers.ts';
import { clusterApiVersion } from '../manifests/cluster.ts';
import { forgetKeys, publishAuthority, renewCertificates, rotate } from '../rotation/apply.ts';
import { deleteLeftoverVolumes } from '../volumes.ts';
import { applyGroup, applyPool, deleteGroup, deletePool } from './manifests.ts';
import { moveReplica } from './move-replica.ts';
import { refreshPod } from './refresh-pod.ts';
import {
  applyTenantAddons,
  deleteLoadBalancerServices,
  deleteStaleNode,
  deleteStaleVolumeAttachment,
  settleNode,
  storeKubeconfig,
  tenantClient,
} from './tenant.ts';

/** Does one thing a plan asks for. May be repeated at any time; rejects when it could not be done now. */
export async function applyAction(
  context: ClusterContext,
  cluster: Cluster,
  observed: ObservedCluster,
  action: ClusterAction,
  signal: AbortSignal,
): Promise<void> {
  switch (action.type) {
    case 'ensureLedger':
      return await context.store.addLedger(cluster.id, action.entry);
    case 'removeLedger':
      return await context.store.removeLedger(cluster.id, action.entry);
    case 'ensureApplicationCredential':
      return await ensureCredential(context, cluster, signal);
    case 'deleteApplicationCredential':
      return await deleteCredential(context, cluster.id, signal);
    case 'renewApplicationCredential':
      return await renewCredential(context, cluster, signal);
    case 'deleteSupersededCredentials':
      return await deleteSuperseded(context, cluster, signal);
    case 'stepEncryption':
      return await stepEncryption(context, cluster, action, signal);
    case 'applyManifests':
      return await applyGroup(context, cluster, observed, action.group, signal);
    case 'deleteManifests':
      return await deleteGroup(context, cluster, action.group, signal);
    case 'applyPool':
      return await applyPool(context, cluster, action.pool, observed, signal);
    case 'deletePool':
      return await deletePool(context, cluster, action.pool, signal);
    case 'replaceMachine':
      return await deleteMachine(context, cluster, action.machine, signal);
    case 'markForRemoval':
      return await markForRemoval(context, cluster, action.machines, signal);
    case 'scalePool':
      return await scalePool(context, cluster, action, signal);
    case 'rememberAutoscaler':
      return await context.store.rememberAutoscaler(cluster.id, action.pool, action.memory);
    case 'repairMachine': {
      const { machine: node, pool, cause } = action;
      await context.store.addRepair(cluster, { node, pool, cause, at: context.now() });
      return await deleteMachine(context, cluster, node, signal);
    }
    case 'settleNode':
      return await settleNode(context, cluster, observed, action.node, signal);
    case 'deleteStaleNode':
      return await deleteStaleNode(context, cluster, action.node, signal);
    case 'deleteStaleVolumeAttachment':
      return await deleteStaleVolumeAttachment(context, cluster, action.name, signal);
    case 'refreshPod':
      return await refreshPod(context, cluster, action.pod, signal);
    case 'moveReplica':
      return await moveReplica(context, cluster, action.pod, signal);
    case 'allowRestore':
      return await context.store.allowRestore(cluster.id);
    case 'storeKubeconfig':
      return await storeKubeconfig(context, cluster, signal);
    case 'renewCertificates':
      return await renewCertificates(context, cluster, action.secrets, signal);
    case 'rotate':
      return await rotate(context, cluster, action.stage, signal);
    case 'publishAuthority':
      return await publishAuthority(context, cluster, await tenantClient(context, cluster, signal), signal);
    case 'renewWorkers':
      return await context.store.renewWorkers(cluster.id, action.authority);
    case 'endRotation':
      if (action.phase === null) await forgetKeys(context, cluster, signal);
      return await context.store.endRotation(cluster.id, action.phase);
    case 'applyTenantAddons':
      return await applyTenantAddons(context, cluster, observed, signal);
    case 'deleteLoadBalancerServices':
      return await deleteLoadBalancerServices(context, cluster, signal);
    case 'deleteLeftoverLoadBalancers':
      return await deleteLeftoverLoadBalancers(context, cluster, signal);
    case 'deleteLeftoverVolumes':
      return await deleteLeftoverVolumes(context, cluster, signal);
    case 'finishDeletion':
      await context.tenants.forget(cluster.id);
      return await context.store.finishDeletion(cluster);
    default:
      return unreachable(action);
  }
}

async function scalePool(
  context: ClusterContext,
  cluster: Cluster,
  scaling: Scaling,
  signal: AbortSignal,
): Promise<void> {
  await markForRemoval(context, cluster, scaling.remove, signal);
  await context.store.scalePool(cluster, scaling);
}

const machineRef = ({ id }: Cluster, name: string): ObjectRef => ({
  ...{ apiVersion: clusterApiVersion, kind: 'Machine', name, namespace: id },
});

async function markForRemoval(
  context: ClusterContext,
  cluster: Cluster,
  machines: readonly string[],
  signal: AbortSignal,
): Promise<void> {
  for (const name of machines) {
    const annotations = { [deleteFirstAnnotation]: 'true' };
    try {
      await context.management.patch(
        machineRef(cluster, name),
        { metadata: { annotations } },
        { type: 'merge', fieldManager, signal },
      );
    } catch (error) {
      // One that is gone needs no mark.
      if (!isNotFound(error)) throw error;
    }
  }
}

async function deleteMachine(
  context: ClusterContext,
  cluster: Cluster,
  name: string,
  signal: AbortSignal,
): Promise<void> {
  await context.management.delete(machineRef(cluster, name), { signal });
}

function unreachable(action: never): never {
  throw new Error(`no such action: ${JSON.stringify(action)}`);
}
