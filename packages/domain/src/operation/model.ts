import type { BackupSettings } from '../backup/model.ts';
import type { Failure } from '../cause/causes.ts';
import type { Pool, Tier } from '../cluster/model.ts';
import type { PhaseProgress } from '../cluster/plan-types.ts';

import type { AccessSettings } from '../cluster-access/settings.ts';
import type { DeletionSettings } from '../deletion/settings.ts';
import type { HibernationSettings } from '../hibernation/model.ts';
import type { MaintenanceSettings } from '../maintenance/settings.ts';

export const operationKinds = [
  'cluster.create',
  'cluster.update',
  'cluster.upgrade',
  'cluster.hibernate',
  'cluster.wake',
  'cluster.restore',
  'cluster.renew-certificates',
  'cluster.rotate',
  'cluster.complete-rotation',
  'cluster.rotate-key',
  'cluster.delete',
  'pool.create',
  'pool.update',
  'pool.upgrade',
  'pool.delete',
  'node.recycle',
  'credential.revoke',
] as const;
export type OperationKind = (typeof operationKinds)[number];

export type OperationState = 'running' | 'succeeded' | 'failed' | 'superseded';

export interface OperationPhase extends PhaseProgress {
  /** ISO 8601; kept as text because phases are stored as JSON. */
  readonly startedAt: string | null;
  readonly finishedAt: string | null;
}

/** Settings of pools that operations do not have which are older than these. */
type LaterSettings = 'kubernetesVersion' | 'rollout' | 'autoRepair' | 'autoscaling';

/** What brings back what was wanted before an operation. */
export type OperationUndo =
  | { readonly kind: 'keep-data' }
  | { readonly kind: 'remove-pool'; readonly name: string }
  | {
      readonly kind: 'restore-pool';
      readonly pool: Omit<Pool, LaterSettings> & Partial<Pick<Pool, LaterSettings>>;
    }
  | {
      readonly kind: 'restore-cluster';
      readonly tier: Tier;
      /** Absent in operations that are older than labels. */
      readonly labels?: Readonly<Record<string, string>>;
      readonly deletion: DeletionSettings;
      /** Absent in operations that are older than these settings. */
      readonly access?: AccessSettings;
      readonly maintenance?: MaintenanceSettings;
      readonly hibernation?: HibernationSettings;
      readonly backup?: BackupSettings;
    };

/** A change somebody asked for, and how far it is. */
export interface Operation {
  readonly id: string;
  readonly projectId: string;
  readonly clusterId: string;
  readonly clusterName: string;
  readonly kind: OperationKind;
  readonly state: OperationState;
  readonly generation: number;
  readonly phases: readonly OperationPhase[];
  readonly percent: number;
  readonly message: string;
  readonly error: Failure | null;
  /** It waits until then; null once it has begun. */
  readonly startsAt: Date | null;
  /** When half of the operations like it were done, and nineteen of twenty; null when too few are known. */
  readonly expectedAt: Date | null;
  readonly lateAt: Date | null;
  /** Null: nothing can. */
  readonly undo: OperationUndo | null;
  readonly requestedBy: string;
  readonly createdAt: Date;
  readonly finishedAt: Date | null;
}

/** Adds start and end times to fresh progress; a phase that was done and is open again keeps its start and loses its end. */
export function mergePhases(
  previous: readonly OperationPhase[],
  fresh: readonly PhaseProgress[],
  now: Date,
): readonly OperationPhase[] {
  return fresh.map((phase) => {
    const old = previous.find((candidate) => candidate.name === phase.name);
    const startedAt = phase.state === 'pending' ? (old?.startedAt ?? null) : (old?.startedAt ?? now.toISOString());
    const finishedAt = phase.state === 'done' ? (old?.finishedAt ?? now.toISOString()) : null;
    return { ...phase, startedAt, finishedAt };
  });
}

/** 0–100 over all phases. */
export function overallPercent(phases: readonly PhaseProgress[]): number {
  if (phases.length === 0) return 0;
  return Math.floor(phases.reduce((sum, phase) => sum + phase.percent, 0) / phases.length);
}
