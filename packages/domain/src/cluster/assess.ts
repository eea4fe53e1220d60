import { type Failure, failureOf } from '../cause/causes.ts';
import { addressCause, isDataStoreFull, podCause } from '../cause/control-plane.ts';
import { insideOf, workerTrouble } from '../cause/worker.ts';
import { rotationWords } from '../certificate/rotation.ts';
import { poolForNow, replicasForNow, restsControlPlane } from '../hibernation/rest.ts';
import { rotatesCredential } from '../key/credential.ts';
import { encryptionWords } from '../key/encryption.ts';
import { type Looked, seen } from '../shared/looked.ts';
import type { Cluster, PoolStatus } from './model.ts';
import type { ObservedCluster, ObservedControlPlane } from './observed.ts';
import type { OperationPhaseName } from './plan-types.ts';
import { versionBefore, waitsForBackup, waitsForControlPlane } from './upgrading.ts';

/** One phase judged against the world. `looked` false: could not be judged, so the condition becomes Unknown. */
export interface Assessment {
  readonly phase: OperationPhaseName;
  readonly done: boolean;
  readonly started: boolean;
  readonly looked: boolean;
  readonly message: string;
  readonly percent: number;
  /** It shall not run now: done, and nothing that answers. */
  readonly rests?: boolean;
  readonly failure?: Failure;
}

export function assessCredentials(desired: Cluster, observed: ObservedCluster): Assessment {
  const credential = seen(observed.credential);
  const stored = credential?.secretStored === true;
  const rotates = rotatesCredential(desired, observed);
  const handed = stored && observed.applied.namespace === 'current' && observed.applied.credentials === 'current';
  const done = handed && !rotates;
  return {
    phase: 'credentials',
    done,
    started: true,
    looked: observed.credential.state !== 'unknown' && observed.applied.credentials !== 'unknown',
    message: done
      ? 'application credential exists'
      : rotates
        ? 'exchanging the application credential'
        : stored
          ? 'handing over the credential'
          : 'making a credential',
    percent: done ? 100 : stored ? 50 : 0,
  };
}

export function assessNetwork(observed: ObservedCluster, started: boolean): Assessment {
  const infrastructure = seen(observed.infrastructure);
  const done = infrastructure?.ready === true;
  return {
    phase: 'network',
    done,
    started,
    looked: observed.infrastructure.state !== 'unknown',
    message: why(observed.infrastructure) ?? (done ? 'network and router exist' : 'making network and router'),
    percent: done ? 100 : infrastructure === undefined ? 0 : 30,
    ...(infrastructure?.failure === undefined ? {} : { failure: infrastructure.failure }),
  };
}

export function assessControlPlane(
  desired: Cluster,
  observed: ObservedCluster,
  started: boolean,
  now: Date,
): Assessment {
  const plane = seen(observed.controlPlane);
  const rests = restsControlPlane(desired, observed);
  const wanted = replicasForNow(desired, rests);
  const steps = [
    observed.applied.cluster === 'current',
    plane?.endpoint != null,
    plane?.initialized === true,
    plane !== undefined && plane.readyReplicas === wanted && plane.replicas === wanted,
    plane?.version === desired.kubernetesVersion,
    observed.kubeconfig === 'current',
    plane?.pods.every(({ told }) => told) === true,
    plane?.rolledOut === true,
  ];
  const rotates =
    plane === undefined
      ? undefined
      : (rotationWords(desired, plane) ?? (rests ? undefined : encryptionWords(desired, observed.encryption)));
  const outlastsWorkers = desired.hibernation.hibernated && !rests;
  const done = steps.every(Boolean) && !outlastsWorkers && desired.restore === null && rotates === undefined;
  const before = versionBefore(desired, observed);
  const waiting =
    plane === undefined
      ? 'starting the control plane'
      : rests
        ? plane.readyReplicas === 0
          ? desired.restore === null
            ? 'stopped'
            : `stopped; the backup ${desired.restore.backupId} is read and loaded`
          : `${plane.readyReplicas} replicas to stop`
        : plane.endpoint === null
          ? 'waiting for the address of the API'
          : plane.initialized
            ? `${waitsForBackup(desired, observed) ? 'backed up first; ' : ''}${plane.readyReplicas}/${wanted} replicas ready${before === undefined ? '' : `, from ${before} to ${desired.kubernetesVersion}`}${rotates === undefined ? '' : `; ${rotates}`}`
            : `waiting for the API at ${plane.endpoint}`;
  return {
    phase: 'control-plane',
    done,
    started,
    looked: observed.controlPlane.state !== 'unknown',
    message:
      why(observed.controlPlane) ??
      (outlastsWorkers
        ? 'stops when no worker is left'
        : done && !rests
          ? `${wanted}/${wanted} replicas ready`
          : waiting),
    percent: Math.round((steps.filter(Boolean).length * 100) / steps.length),
    rests,
    ...failureIn(restoreFailure(desired) ?? (plane === undefined ? undefined : controlPlaneFailure(plane, now))),
  };
}

const failureIn = (failure: Failure | undefined): { readonly failure?: Failure } =>
  failure === undefined ? {} : { failure };

const restoreFailure = ({ restore }: Cluster): Failure | undefined =>
  restore === null || restore.error === null ? undefined : failureOf('RestoreFailed', restore.error);

function controlPlaneFailure(plane: ObservedControlPlane, now: Date): Failure | undefined {
  const ofPods = plane.pods.map(podCause).find((failure) => failure !== undefined);
  return ofPods ?? plane.failure ?? addressCause(plane.unaddressed, now);
}

/** Counts per desired pool; machines being deleted do not count as ready. */
export function poolStatuses(desired: Cluster, observed: ObservedCluster): readonly PoolStatus[] {
  return desired.pools.map((pool) => {
    const machines = observed.machines.filter((machine) => machine.pool === pool.name);
    return {
      name: pool.name,
      desired: poolForNow(pool, desired).count,
      machines: machines.length,
      ready: machines.filter((machine) => machine.ready && !machine.deleting).length,
    };
  });
}

export function assessWorkers(desired: Cluster, observed: ObservedCluster, started: boolean, now: Date): Assessment {
  const statuses = poolStatuses(desired, observed);
  const wanted = statuses.reduce((sum, pool) => sum + pool.desired, 0);
  const ready = statuses.reduce((sum, pool) => sum + Math.min(pool.ready, pool.desired), 0);
  const settled = desired.pools.every((pool) => {
    const found = observed.pools.find((candidate) => candidate.name === pool.name);
    return found?.applied === 'current' && found.outdatedMachines === 0;
  });
  const done =
    observed.poolsKnown &&
    settled &&
    observed.pools.length === desired.pools.length &&
    ready === wanted &&
    observed.machines.length === wanted &&
    !observed.machines.some(({ name }) => desired.recycling.includes(name));
  const inside = insideOf(observed);
  const failure = observed.machines
    .map((machine) => workerTrouble(machine, inside, now))
    .find((trouble) => trouble !== undefined);
  return {
    phase: 'workers',
    done,
    started,
    looked: observed.poolsKnown,
    message: observed.poolsKnown ? workersMessage(desired, observed, { ready, wanted }) : 'could not list the workers',
    percent: done ? 100 : wanted === 0 ? 50 : Math.min(99, Math.round((ready * 100) / wanted)),
    rests: desired.hibernation.hibernated,
    // One that goes need not be well.
    ...failureIn(desired.hibernation.hibernated ? undefined : failure),
  };
}

function workersMessage(
  desired: Cluster,
  observed: ObservedCluster,
  { ready, wanted }: { readonly ready: number; readonly wanted: number },
): string {
  if (desired.hibernation.hibernated)
    return observed.machines.length === 0 ? 'all are gone' : `${observed.machines.length} workers to go`;
  const counted = `${ready}/${wanted} workers ready`;
  const waiting = desired.pools.filter((pool) => waitsForControlPlane(pool, desired, observed));
  if (waiting.length > 0)
    return `${counted}; ${waiting.map(({ name }) => name).join(', ')} after the control plane, which comes first`;
  const outdated = observed.pools.filter(({ outdatedMachines }) => outdatedMachines > 0);
  if (outdated.length === 0) return counted;
  const isPaused = ({ name }: { readonly name: string }): boolean =>
    desired.pools.find((pool) => pool.name === name)?.rollout.paused === true;
  const count = outdated.reduce((sum, pool) => sum + pool.outdatedMachines, 0);
  const paused = outdated.filter(isPaused).map(({ name }) => name);
  return `${counted}, ${count} to be replaced${paused.length === 0 ? '' : ` (${paused.join(', ')} paused)`}`;
}

export function assessAddons(desired: Cluster, observed: ObservedCluster): Assessment {
  const companions = [
    observed.applied['cloud-controller'] === 'current',
    observed.applied['volume-controller'] === 'current',
  ];
  if (desired.hibernation.hibernated) {
    const isDone = companions.every(Boolean) && restsControlPlane(desired, observed);
    const message = isDone ? 'stopped' : 'stop with the control plane';
    return {
      phase: 'add-ons',
      done: isDone,
      started: true,
      looked: true,
      message,
      percent: isDone ? 100 : 0,
      rests: true,
    };
  }
  const tenant = seen(observed.tenant);
  const steps = [tenant?.addons === 'current', tenant?.addonsReady === true, ...companions];
  const done = steps.every(Boolean);
  return {
    phase: 'add-ons',
    done,
    started: tenant !== undefined,
    looked: observed.tenant.state !== 'unknown',
    message:
      why(observed.tenant) ??
      (done ? 'network plugin, DNS, tunnel and volumes run' : (tenant?.addonsMessage ?? 'applying')),
    percent: Math.round((steps.filter(Boolean).length * 100) / steps.length),
    ...failureIn(tenant === undefined ? silence(observed) : tenant.addonsFailure),
  };
}

/** A cluster that should answer and does not. */
function silence({ tenant }: ObservedCluster): Failure | undefined {
  if (tenant.state !== 'unknown') return undefined;
  return failureOf(isDataStoreFull(tenant.reason) ? 'DataStoreFull' : 'ClusterApiNotAnswering', tenant.reason);
}

function why<T>(looked: Looked<T>): string | undefined {
  return looked.state === 'unknown' ? looked.reason : undefined;
}
