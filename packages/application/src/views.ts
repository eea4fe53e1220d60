import type {
  Cluster as ClusterView,
  DeletionReceipt,
  Operation as OperationView,
  Pool as PoolView,
  Resource as ResourceView,
} from '@matryoshka/contract';
import type { Cluster, DeletionItem, Operation, Pool, Resource } from '@matryoshka/domain';
import { backupSettingsView } from './backup/settings.ts';
import { accessView } from './cluster-access/settings.ts';
import { hibernationView } from './hibernation/settings.ts';
import { maintenanceView } from './maintenance/settings.ts';

/** A pool as the API shows it. */
export function poolView(cluster: Cluster, pool: Pool): PoolView {
  const status = cluster.status.pools.find((candidate) => candidate.name === pool.name);
  return {
    name: pool.name,
    flavor: pool.flavor,
    count: pool.count,
    kubernetesVersion: pool.kubernetesVersion,
    rollout: { ...pool.rollout },
    autoRepair: pool.autoRepair,
    autoscaling: pool.autoscaling === null ? null : { ...pool.autoscaling },
    labels: { ...pool.labels },
    taints: pool.taints.map((taint) => ({ ...taint })),
    status: { machines: status?.machines ?? 0, ready: status?.ready ?? 0 },
  };
}

/** A cluster as the API shows it. */
export function clusterView(cluster: Cluster, now: Date): ClusterView {
  return {
    id: cluster.id,
    name: cluster.name,
    labels: { ...cluster.labels },
    projectId: cluster.projectId,
    kubernetesVersion: cluster.kubernetesVersion,
    tier: cluster.tier,
    network: { ...cluster.network },
    pools: cluster.pools.map((pool) => poolView(cluster, pool)),
    deletion: {
      protection: cluster.deletion.protection,
      gracePeriodSeconds: cluster.deletion.gracePeriodSeconds,
      expiresAt: cluster.deletion.expiresAt?.toISOString() ?? null,
      scheduledAt: cluster.deleteScheduledAt?.toISOString() ?? null,
    },
    access: accessView(cluster.access),
    maintenance: maintenanceView(cluster.maintenance, now),
    hibernation: hibernationView(cluster.hibernation, now),
    backup: backupSettingsView(cluster, now),
    generation: cluster.generation,
    status: {
      phase: cluster.status.phase,
      conditions: cluster.status.conditions.map((condition) => ({
        ...condition,
        lastTransitionTime: condition.lastTransitionTime.toISOString(),
      })),
      endpoint: cluster.status.endpoint,
      kubernetesVersion: cluster.status.kubernetesVersion,
      observedGeneration: cluster.observedGeneration,
      store: cluster.status.store,
    },
    createdAt: cluster.createdAt.toISOString(),
    updatedAt: cluster.updatedAt.toISOString(),
  };
}

/** An operation as the API shows it. */
export function operationView(operation: Operation): OperationView {
  return {
    id: operation.id,
    kind: operation.kind,
    clusterId: operation.clusterId,
    clusterName: operation.clusterName,
    state: operation.state,
    done: operation.state !== 'running',
    cancellable: operation.state === 'running' && (operation.undo !== null || operation.startsAt !== null),
    percent: operation.percent,
    message: operation.message,
    phases: operation.phases.map((phase) => ({ ...phase })),
    error: operation.error === null ? null : { ...operation.error },
    startsAt: operation.startsAt?.toISOString() ?? null,
    expectedAt: operation.expectedAt?.toISOString() ?? null,
    lateAt: operation.lateAt?.toISOString() ?? null,
    requestedBy: operation.requestedBy,
    createdAt: operation.createdAt.toISOString(),
    finishedAt: operation.finishedAt?.toISOString() ?? null,
  };
}

/** A receipt as the API shows it. */
export function receiptView({ projectId: _, beganAt, finishedAt, ...shown }: StoredReceipt): DeletionReceipt {
  return {
    ...shown,
    items: shown.items.map((item) => ({ ...item })),
    beganAt: beganAt.toISOString(),
    finishedAt: finishedAt?.toISOString() ?? null,
  };
}

/** A receipt as it is stored. */
export interface StoredReceipt extends Omit<DeletionReceipt, 'beganAt' | 'finishedAt' | 'items'> {
  readonly projectId: string;
  readonly items: readonly DeletionItem[];
  readonly beganAt: Date;
  readonly finishedAt: Date | null;
}

/** A resource of a cluster as the API shows it. */
export function resourceView({ clusterId: _, projectId: __, createdAt, ...shown }: Resource): ResourceView {
  return { ...shown, createdAt: createdAt?.toISOString() ?? null };
}
