import type { Cluster, Pool } from '../cluster/model.ts';
import type { ObservedCluster, ObservedMachine } from '../cluster/observed.ts';
import { seen } from '../shared/looked.ts';
import { planGrowth } from './grow.ts';
import { type AutoscalerMemory, noMemory, type ObservedLoad } from './model.ts';
import { withinBounds } from './settings.ts';
import { findUnneeded } from './shrink.ts';

/** A pool shall have another number of workers. */
export interface Scaling {
  readonly pool: string;
  readonly from: number;
  readonly to: number;
  readonly reason: string;
  /** Those that go, when it shrinks; others would do as well for what is not named. */
  readonly remove: readonly string[];
}

export interface AutoscalingPlan {
  readonly scalings: readonly Scaling[];
  /** What to remember, of pools where it is something else than before. */
  readonly memories: readonly { readonly pool: string; readonly memory: AutoscalerMemory }[];
}

/** A worker that is not there by then will not come by itself. In milliseconds. */
const provisionPatience = 15 * 60_000;
/** A pool whose workers could not be made is left alone for so long, so that others get their chance. In milliseconds. */
const rest = 5 * 60_000;

/**
 * How many workers pools that scale by themselves shall have now. They grow at once when pods fit nowhere, and shrink when workers were hardly used for as long as the pool says
 * and the cluster did not grow within that time. What is being replaced or could not be looked at does not shrink.
 */
export function planAutoscaling(desired: Cluster, observed: ObservedCluster, now: Date): AutoscalingPlan {
  const load = seen(observed.tenant)?.load;
  const scaled = desired.pools.filter(({ autoscaling }) => autoscaling !== null);
  if (load === undefined || !observed.poolsKnown || scaled.length === 0) return { scalings: [], memories: [] };
  const before = (pool: string): AutoscalerMemory => load.memory[pool] ?? noMemory;
  const stuck = scaled.flatMap((pool) => giveUp(pool, observed, now) ?? []);
  const growing = stuck.length > 0 ? [] : growth(desired, observed, load, now);
  const unneeded = findUnneeded(desired.pools, load);
  const scalings: Scaling[] = [...stuck, ...growing];
  const memories: { pool: string; memory: AutoscalerMemory }[] = [];
  const quietSince = Math.max(...scaled.map(({ name }) => timeOf(before(name).grewAt)));
  for (const pool of scaled) {
    const old = before(pool.name);
    const changed = scalings.find((scaling) => scaling.pool === pool.name);
    const since = unneededSince(pool, unneeded, old, now);
    const memory: AutoscalerMemory = {
      unneeded: changed === undefined ? since : {},
      grewAt: changed !== undefined && changed.to > changed.from ? now.toISOString() : old.grewAt,
      restsUntil: stuck.includes(changed as Scaling) ? new Date(now.getTime() + rest).toISOString() : old.restsUntil,
    };
    const shrunk =
      changed === undefined && growing.length === 0
        ? shrink(pool, observed, since, unneeded, quietSince, now)
        : undefined;
    if (shrunk !== undefined) scalings.push(shrunk);
    if (!isSame(memory, old)) memories.push({ pool: pool.name, memory });
  }
  return { scalings, memories };
}

/** Whatever order the database gives members in. */
function isSame(a: AutoscalerMemory, b: AutoscalerMemory): boolean {
  const nodes = ({ unneeded }: AutoscalerMemory): string => Object.entries(unneeded).toSorted().join();
  return a.grewAt === b.grewAt && a.restsUntil === b.restsUntil && nodes(a) === nodes(b);
}

const timeOf = (text: string | null): number => (text === null ? 0 : new Date(text).getTime());

function growth(desired: Cluster, observed: ObservedCluster, load: ObservedLoad, now: Date): readonly Scaling[] {
  const machinesOf = (pool: string) =>
    observed.machines.filter((machine) => machine.pool === pool && !machine.deleting);
  // A pool that has trouble making workers does not get more of it.
  const able = desired.pools.filter(
    ({ name }) =>
      timeOf(load.memory[name]?.restsUntil ?? null) <= now.getTime() &&
      !machinesOf(name).some(({ failure, joined }) => failure !== undefined && !joined),
  );
  const coming = Object.fromEntries(
    desired.pools.map(({ name, count }) => {
      const machines = machinesOf(name);
      const hasNode = (machine: string): boolean => load.nodes.some((node) => node.name === machine);
      const isComing = ({ name: machine, ready, createdAt }: ObservedMachine): boolean =>
        (!ready || !hasNode(machine)) && now.getTime() - createdAt.getTime() < provisionPatience;
      return [name, Math.max(0, count - machines.length) + machines.filter(isComing).length];
    }),
  );
  return planGrowth(able, load, coming).map(({ pool: name, by, reason }) => {
    const from = desired.pools.find((pool) => pool.name === name)?.count ?? 0;
    return { pool: name, from, to: from + by, reason, remove: [] };
  });
}

/** Takes back workers that do not come. */
function giveUp(pool: Pool, observed: ObservedCluster, now: Date): Scaling | undefined {
  const late = observed.machines.filter(
    ({ pool: name, joined, deleting, createdAt }) =>
      name === pool.name && !joined && !deleting && now.getTime() - createdAt.getTime() > provisionPatience,
  );
  const to = withinBounds(pool.count - late.length, pool.autoscaling);
  const going = late.slice(0, pool.count - to);
  if (going.length === 0) return undefined;
  const why = going[0]?.failure?.message ?? 'it does not join';
  return {
    ...{ pool: pool.name, from: pool.count, to },
    reason: `${going.length} did not come within a quarter of an hour: ${why}`,
    remove: going.map(({ name }) => name),
  };
}

function unneededSince(
  pool: Pool,
  unneeded: readonly { readonly node: string; readonly pool: string }[],
  old: AutoscalerMemory,
  now: Date,
): Readonly<Record<string, string>> {
  return Object.fromEntries(
    unneeded
      .filter((one) => one.pool === pool.name)
      .map(({ node }): [string, string] => [node, old.unneeded[node] ?? now.toISOString()])
      .toSorted(([a], [b]) => (a < b ? -1 : 1)),
  );
}

function shrink(
  pool: Pool,
  observed: ObservedCluster,
  since: Readonly<Record<string, string>>,
  unneeded: readonly { readonly node: string; readonly reason: string }[],
  quietSince: number,
  now: Date,
): Scaling | undefined {
  const patience = (pool.autoscaling?.scaleDownAfterSeconds ?? 0) * 1_000;
  const isBusy =
    now.getTime() - quietSince < patience ||
    (observed.pools.find(({ name }) => name === pool.name)?.outdatedMachines ?? 0) > 0 ||
    observed.machines.some((machine) => machine.pool === pool.name && (machine.deleting || !machine.ready));
  if (isBusy) return undefined;
  const due = Object.entries(since).filter(([, at]) => now.getTime() - timeOf(at) >= patience);
  const nodes = observed.machines.filter(({ name }) => due.some(([node]) => node === name)).map(({ name }) => name);
  const to = withinBounds(pool.count - nodes.length, pool.autoscaling);
  const remove = nodes.slice(0, pool.count - to);
  if (remove.length === 0) return undefined;
  const reason = unneeded.find(({ node }) => node === remove[0])?.reason ?? '';
  const more = remove.length > 1 ? ` (and ${remove.length - 1} more)` : '';
  return { pool: pool.name, from: pool.count, to, reason: `${reason}${more}`, remove };
}
