import type { Cluster, Pool } from '../cluster/model.ts';
import { controlPlaneReplicas } from '../cluster/model.ts';
import type { ObservedCluster } from '../cluster/observed.ts';
import { seen } from '../shared/looked.ts';

/** Pods of workers that all go have nowhere to go to: budgets that forbid it hold nobody up for longer. */
const longestDrainSeconds = 120;

/** How long after it was started a control plane may be silent, before that is a fault. In milliseconds. */
const wakingPatience = 180_000;

/** A pool as it shall be now: that of a cluster that shall sleep has no workers. What its owner wants comes back with them. */
export function poolForNow(pool: Pool, { hibernation: { hibernated } }: Pick<Cluster, 'hibernation'>): Pool {
  if (!hibernated) return pool;
  const { drainTimeoutSeconds } = pool.rollout;
  const drain = drainTimeoutSeconds === 0 ? longestDrainSeconds : Math.min(drainTimeoutSeconds, longestDrainSeconds);
  return { ...pool, count: 0, rollout: { ...pool.rollout, drainTimeoutSeconds: drain } };
}

/**
 * True when the control plane shall not run: its data are being replaced, or the cluster shall sleep and has no worker left that would have to be emptied and forgotten through it. Where nobody can tell,
 * it stays as it is.
 */
export function restsControlPlane(
  { hibernation: { hibernated }, restore }: Pick<Cluster, 'hibernation' | 'restore'>,
  { poolsKnown, machines, controlPlane }: Pick<ObservedCluster, 'poolsKnown' | 'machines' | 'controlPlane'>,
): boolean {
  if (restore !== null) return true;
  if (!hibernated) return false;
  return poolsKnown ? machines.length === 0 : seen(controlPlane)?.replicas === 0;
}

/** Replicas that the control plane shall have now. */
export function replicasForNow(desired: Pick<Cluster, 'tier'>, rests: boolean): number {
  return rests ? 0 : controlPlaneReplicas(desired.tier);
}

/** True while nobody may expect an answer of the API because it was started just now. */
export function isStarting({ awaitedSince }: Cluster, now: Date): boolean {
  return now.getTime() - awaitedSince.getTime() < wakingPatience;
}

/** True while workers are neither repaired, nor recycled, nor counted by what pods need. */
export function isQuiet({ hibernation: { hibernated }, restore }: Pick<Cluster, 'hibernation' | 'restore'>): boolean {
  return hibernated || restore !== null;
}
