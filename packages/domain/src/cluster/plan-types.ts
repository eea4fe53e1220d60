import type { Failure } from '../cause/causes.ts';
import type { CertificateStatus } from '../certificate/model.ts';
import type { KeyStatus } from '../key/model.ts';
import type { WorkerNode } from '../node/model.ts';
import type { Condition } from '../shared/conditions.ts';
import type { ClusterAction } from './actions.ts';
import type { ClusterPhase, PoolStatus } from './model.ts';

export const createPhases = ['credentials', 'network', 'control-plane', 'workers', 'add-ons', 'ready'] as const;
export const deletePhases = [
  'load-balancers',
  'workers',
  'control-plane',
  'network',
  'volumes',
  'credentials',
  'ledger',
] as const;
export type OperationPhaseName = (typeof createPhases)[number] | (typeof deletePhases)[number];

export interface PhaseProgress {
  readonly name: OperationPhaseName;
  readonly state: 'pending' | 'running' | 'done';
  /** One sentence: what is there, what is awaited (`2/3 workers ready`). */
  readonly message: string;
  /** 0–100. */
  readonly percent: number;
}

export interface ClusterPolicy {
  /** How long to wait for the tenant's own clean-up of load balancers before we delete them ourselves. */
  readonly tenantCleanupTimeoutMs: number;
  /** Next look while something is under way. Watches only shorten it. */
  readonly progressIntervalMs: number;
  /** Next look when all is well. */
  readonly resyncIntervalMs: number;
  /** Between two looks at the pods of a cluster whose pools scale by themselves. */
  readonly autoscalingIntervalMs: number;
}

export const defaultClusterPolicy: ClusterPolicy = {
  tenantCleanupTimeoutMs: 120_000,
  progressIntervalMs: 500,
  resyncIntervalMs: 60_000,
  autoscalingIntervalMs: 10_000,
};

export interface ClusterPlan {
  readonly actions: readonly ClusterAction[];
  readonly phase: ClusterPhase;
  readonly conditions: readonly Condition[];
  readonly endpoint: string | null;
  readonly kubernetesVersion: string | null;
  readonly pools: readonly PoolStatus[];
  /** Of the control plane; null when it could not be looked at. */
  readonly certificates: readonly CertificateStatus[] | null;
  readonly keys: readonly KeyStatus[];
  /** Null when they could not be listed. */
  readonly nodes: readonly WorkerNode[] | null;
  /** Progress of the running operations on this cluster (create and update share one list of phases, delete has its own). */
  readonly progress: readonly PhaseProgress[];
  /** The world is as desired (deleting: all gone): operations up to `generation` are done. Never true while actions remain. */
  readonly converged: boolean;
  /** What blocks and will not heal by itself; shown in the operation, which goes on. */
  readonly blockedBy: Failure | null;
  readonly requeueAfterMs: number;
}
