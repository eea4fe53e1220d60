import { type Failure, failureOf } from '../cause/causes.ts';
import { insideOf, workerTrouble } from '../cause/worker.ts';
import type { Pool } from '../cluster/model.ts';
import type { ObservedCluster, ObservedMachine, ObservedNode } from '../cluster/observed.ts';
import { type Repair, type RepairPolicy, repairMemory, repairPolicy } from './model.ts';

export interface RepairPlan {
  /** The one to replace now. */
  readonly repair?: { readonly machine: string; readonly pool: string; readonly cause: Failure };
  /** Why nothing is replaced although something should be. */
  readonly held?: Failure;
}

interface Patient {
  readonly machine: ObservedMachine;
  readonly cause: Failure;
  /** It is replaced from then on. */
  readonly dueAt: number;
}

/**
 * Which worker is replaced now because it is not well: one at a time, the longest ill first, after its illness had time to pass. Nothing follows from what could not be looked
 * at, and nothing is replaced when so many are ill that their servers are hardly the cause.
 */
export function planRepair(
  pools: readonly Pick<Pool, 'name' | 'autoRepair'>[],
  observed: ObservedCluster,
  now: Date,
  policy: RepairPolicy = repairPolicy,
): RepairPlan {
  if (!observed.poolsKnown) return {};
  const machines = observed.machines.filter(({ deleting }) => !deleting);
  const patients = machines.flatMap((machine) => patientOf(machine, observed, now, policy) ?? []);
  const due = patients
    .filter(({ dueAt }) => dueAt <= now.getTime())
    .filter(({ machine }) => pools.some(({ name, autoRepair }) => name === machine.pool && autoRepair))
    .toSorted((a, b) => a.dueAt - b.dueAt);
  if (due.length === 0) return {};
  if (patients.length > Math.max(policy.fewest, Math.floor(machines.length * policy.largestShare)))
    return {
      held: failureOf(
        'RepairHeld',
        `${patients.length} of ${machines.length}, first ${due[0]?.machine.name}: ${due[0]?.cause.message}`,
      ),
    };
  const isComing = machines.some(
    (machine) => !machine.joined && !patients.some((patient) => patient.machine === machine),
  );
  if (isComing) return {};
  const next = due.find(({ machine }) => !isPaused(observed.repairs, machine.pool, now, policy));
  return next === undefined
    ? {}
    : { repair: { machine: next.machine.name, pool: next.machine.pool, cause: next.cause } };
}

function patientOf(
  machine: ObservedMachine,
  observed: ObservedCluster,
  now: Date,
  policy: RepairPolicy,
): Patient | undefined {
  const inside = insideOf(observed);
  const node = inside.nodes?.find(({ machine: name }) => name === machine.name);
  const cause = workerTrouble(machine, inside, now);
  const ill = (since: Date, patience: number, why: Failure): Patient => ({
    machine,
    cause: why,
    dueAt: since.getTime() + patience,
  });
  if (machine.joined && machine.server === 'DELETED' && cause !== undefined) return ill(machine.createdAt, 0, cause);
  // What the cluster itself says is needed for all the rest.
  if (inside.nodes === undefined) return undefined;
  if (!machine.joined) return cause === undefined ? undefined : notJoined(machine, cause, policy, ill);
  if (node === undefined) return ill(machine.readySince, policy.notReady, cause ?? nodeGone(machine));
  if (node.ready.status !== 'True') return ill(node.ready.since, policy.notReady, cause ?? silent(node));
  const full = node.pressures.find(({ type }) => type === 'DiskPressure');
  if (full === undefined) return undefined;
  return ill(full.since, policy.diskFull, failureOf('NodeUnderPressure', `${node.name}: DiskPressure`));
}

/** One whose server never came is made again at once, without record: see `actionsToKeep`. */
function notJoined(
  machine: ObservedMachine,
  cause: Failure,
  policy: RepairPolicy,
  ill: (since: Date, patience: number, why: Failure) => Patient,
): Patient | undefined {
  if (machine.failure !== undefined) return undefined;
  const patience = cause.reason === 'CloudInitFailed' ? policy.setUpFailed : policy.notJoined;
  return ill(machine.createdAt, patience, cause);
}

const nodeGone = ({ name }: ObservedMachine): Failure => failureOf('NodeGone', name);
const silent = ({ name, ready }: ObservedNode): Failure => failureOf('NodeNotReady', `${name}: ${ready.message}`);

function isPaused(repairs: readonly Repair[], pool: string, now: Date, policy: RepairPolicy): boolean {
  const recent = repairs.filter((repair) => repair.pool === pool && now.getTime() - repair.at.getTime() < repairMemory);
  if (recent.length === 0) return false;
  const pause = Math.min(policy.longestPause, policy.firstPause * 2 ** (recent.length - 1));
  return now.getTime() < Math.max(...recent.map(({ at }) => at.getTime())) + pause;
}
