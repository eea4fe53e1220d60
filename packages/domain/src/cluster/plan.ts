import { type Failure, failureOf } from '../cause/causes.ts';
import { pressureOf } from '../cause/worker.ts';
import { certificateCause, certificateStatuses } from '../certificate/renewal.ts';
import { isQuiet } from '../hibernation/rest.ts';
import { credentialStatus } from '../key/credential.ts';
import { encryptionStatus } from '../key/encryption.ts';
import type { KeyStatus } from '../key/model.ts';
import { workerNodes } from '../node/model.ts';
import { planRepair, type RepairPlan } from '../repair/plan.ts';
import { mergeConditions, type NewCondition } from '../shared/conditions.ts';
import { seen } from '../shared/looked.ts';
import {
  type Assessment,
  assessAddons,
  assessControlPlane,
  assessCredentials,
  assessNetwork,
  assessWorkers,
  poolStatuses,
} from './assess.ts';
import type { Cluster, ClusterPhase, StoreStatus } from './model.ts';
import type { ObservedCluster } from './observed.ts';
import { planDeletion } from './plan-delete.ts';
import { actionsToKeep } from './plan-keep.ts';
import { type ClusterPlan, type ClusterPolicy, defaultClusterPolicy, type PhaseProgress } from './plan-types.ts';

/** A machine that failed is replaced at most this often. */
const failureIntervalMs = 15_000;

/**
 * What to do now for one cluster, and what to tell its owner. Pure: the same world gives the same plan, and a plan made again after a
 * crash at any point continues where the world stands.
 */
export function planCluster(
  desired: Cluster,
  observed: ObservedCluster,
  now: Date,
  policy: ClusterPolicy = defaultClusterPolicy,
): ClusterPlan {
  const plane = seen(observed.controlPlane);
  const common = {
    endpoint: plane?.endpoint ?? (observed.controlPlane.state === 'unknown' ? desired.status.endpoint : null),
    kubernetesVersion: plane?.version ?? null,
    pools: poolStatuses(desired, observed),
    certificates: plane === undefined ? null : certificateStatuses(plane.certificates),
    keys: keyStatuses(desired, observed),
    nodes: workerNodes(observed, now),
  };
  return desired.deleteRequestedAt === null
    ? { ...common, ...keep(desired, observed, now, policy) }
    : { ...common, ...remove(desired, observed, now, policy) };
}

type Verdict = Omit<ClusterPlan, 'endpoint' | 'kubernetesVersion' | 'pools' | 'certificates' | 'keys' | 'nodes'>;

function remove(desired: Cluster, observed: ObservedCluster, now: Date, policy: ClusterPolicy): Verdict {
  const { actions, progress } = planDeletion(desired, observed, now, policy);
  const current = progress.find((phase) => phase.state === 'running');
  const ready: NewCondition = {
    type: 'Ready',
    status: 'False',
    reason: 'Deleting',
    message: current?.message ?? 'everything is gone',
  };
  return {
    actions,
    phase: 'deleting',
    conditions: mergeConditions(desired.status.conditions, [ready], desired.generation, now),
    progress,
    converged: false,
    blockedBy: null,
    requeueAfterMs: policy.progressIntervalMs,
  };
}

function keep(desired: Cluster, observed: ObservedCluster, now: Date, policy: ClusterPolicy): Verdict {
  const repairs = isQuiet(desired) ? {} : planRepair(desired.pools, observed, now);
  const credentials = assessCredentials(desired, observed);
  const controlPlane = assessControlPlane(desired, observed, credentials.done, now);
  const initialized = seen(observed.controlPlane)?.initialized === true;
  const parts = [
    credentials,
    assessNetwork(observed, credentials.done),
    controlPlane,
    assessWorkers(desired, observed, initialized, now),
    assessAddons(desired, observed),
  ];
  const [workers, addons] = [parts[3]?.done === true, parts[4]?.done === true];
  const actions = actionsToKeep(desired, observed, { repair: repairs.repair, workers, addons }, now);
  const scales = !isQuiet(desired) && desired.pools.some(({ autoscaling }) => autoscaling !== null);
  const converged = actions.length === 0 && parts.every((part) => part.done);
  const blockedBy = parts.find((part) => part.failure !== undefined)?.failure ?? null;
  return {
    actions,
    phase: phaseOf(desired, converged, scales && blockedBy === null && parts.every(isDoneButForWorkers)),
    conditions: mergeConditions(
      desired.status.conditions,
      [
        ...parts.map(conditionOf),
        ...besides(desired, observed, repairs, now),
        readyCondition(parts, desired, converged, blockedBy),
      ],
      desired.generation,
      now,
    ),
    progress: [...parts.map(progressOf), readyProgress(parts, converged)],
    converged,
    blockedBy,
    requeueAfterMs: Math.min(
      requeueAfterMs(converged, blockedBy, policy),
      scales ? policy.autoscalingIntervalMs : policy.resyncIntervalMs,
    ),
  };
}

function keyStatuses(desired: Cluster, observed: ObservedCluster): readonly KeyStatus[] {
  const credential = credentialStatus(desired, observed);
  return [...(credential === undefined ? [] : [credential]), encryptionStatus(desired, observed.encryption)];
}

function requeueAfterMs(converged: boolean, blockedBy: Failure | null, policy: ClusterPolicy): number {
  if (converged) return policy.resyncIntervalMs;
  return blockedBy === null ? policy.progressIntervalMs : Math.max(policy.progressIntervalMs, failureIntervalMs);
}

const isDoneButForWorkers = ({ phase, done }: Assessment): boolean => done || phase === 'workers';

/** Creating until it was ready once; later "updating" after a change of what is desired or while pools scale by themselves, "degraded" when the world changed by itself. */
function phaseOf(desired: Cluster, converged: boolean, scaling: boolean): ClusterPhase {
  if (desired.restore !== null) return 'restoring';
  if (desired.hibernation.hibernated) return converged ? 'hibernated' : 'hibernating';
  if (converged) return 'ready';
  const before = desired.status.phase;
  if (before === 'hibernating' || before === 'hibernated' || before === 'waking') return 'waking';
  if (before === 'restoring') return 'restoring';
  if (before === 'creating' || before === 'updating') return before;
  return desired.generation === desired.observedGeneration && !scaling ? 'degraded' : 'updating';
}

const conditionTypes = {
  credentials: 'CredentialsReady',
  network: 'NetworkReady',
  'control-plane': 'ControlPlaneReady',
  workers: 'WorkersReady',
  'add-ons': 'AddonsReady',
} as const;

function conditionOf(part: Assessment): NewCondition {
  const type = conditionTypes[part.phase as keyof typeof conditionTypes];
  if (part.done && part.rests === true) return { type, status: 'False', reason: 'Hibernated', message: part.message };
  if (part.done) return { type, status: 'True', reason: 'Ready', message: part.message };
  if (part.failure !== undefined) return { type, status: part.looked ? 'False' : 'Unknown', ...part.failure };
  if (!part.looked)
    return { type, status: 'Unknown', reason: 'CouldNotLook', message: part.message, actor: 'provider' };
  return { type, status: 'False', reason: part.started ? 'InProgress' : 'Waiting', message: part.message };
}

/** What a customer should know of although the cluster is as they want it. */
function besides(
  { status: { store } }: Cluster,
  observed: ObservedCluster,
  { held }: RepairPlan,
  now: Date,
): readonly NewCondition[] {
  const { tenant, controlPlane } = observed;
  const inside = seen(tenant);
  const plane = seen(controlPlane);
  const condition = (type: string, good: string, failure: Failure | undefined): NewCondition =>
    failure === undefined
      ? { type, status: 'True', reason: 'Ready', message: good }
      : { type, status: 'False', ...failure };
  return [
    ...(store === null ? [] : [condition('StoreWithinQuota', 'new objects are stored', quotaCause(store))]),
    ...(plane === undefined
      ? []
      : [condition('CertificatesValid', 'none ends soon', certificateCause(plane.certificates, now))]),
    ...(inside === undefined
      ? []
      : [
          condition('NodesHealthy', 'none is short of anything', pressureOf(inside.nodes)),
          condition('RemediationAllowed', 'a worker that is not well is replaced', held),
          condition(
            'LoadBalancersReady',
            'every Service has its load balancer or just asked for it',
            inside.loadBalancerFailure,
          ),
          condition('VolumesReady', 'every claim has its volume or just asked for it', inside.volumeFailure),
        ]),
  ];
}

function readyCondition(
  parts: readonly Assessment[],
  { hibernation: { hibernated } }: Cluster,
  converged: boolean,
  blockedBy: Failure | null,
): NewCondition {
  if (converged && hibernated)
    return {
      type: 'Ready',
      status: 'False',
      reason: 'Hibernated',
      message: 'asleep until somebody or its schedule wakes it',
    };
  if (converged) return { type: 'Ready', status: 'True', reason: 'Ready', message: 'the cluster is as you want it' };
  if (blockedBy !== null) return { type: 'Ready', status: 'False', ...blockedBy };
  const open = parts.find((part) => !part.done);
  const message = open === undefined ? 'applying the last changes' : `${open.phase}: ${open.message}`;
  return { type: 'Ready', status: 'False', reason: 'InProgress', message };
}

function progressOf(part: Assessment): PhaseProgress {
  return {
    name: part.phase,
    state: part.done ? 'done' : part.started ? 'running' : 'pending',
    message: part.failure?.message ?? part.message,
    percent: part.done ? 100 : Math.min(99, part.percent),
  };
}

function readyProgress(parts: readonly Assessment[], converged: boolean): PhaseProgress {
  const open = parts.filter((part) => !part.done).length;
  return {
    name: 'ready',
    state: converged ? 'done' : open === 0 ? 'running' : 'pending',
    message: converged ? 'ready' : `${open} phases to go`,
    percent: converged ? 100 : 0,
  };
}

function quotaCause({ frozen, usedBytes, quotaBytes }: StoreStatus): Failure | undefined {
  if (!frozen) return undefined;
  const of = quotaBytes === null ? '' : ` of ${mebibytes(quotaBytes)}`;
  return failureOf('StoreQuotaExceeded', `${mebibytes(usedBytes)}${of} MiB`);
}

const mebibytes = (bytes: number): number => Math.ceil(bytes / 2 ** 20);
