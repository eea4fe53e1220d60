import type { ClusterAction } from './actions.ts';
import type { Cluster, Pool } from './model.ts';
import type { ObservedCluster, ObservedMachine } from './observed.ts';

/** Workers that shall be replaced and are still counted on. */
function waiting(
  { name }: Pool,
  { recycling }: Cluster,
  machines: readonly ObservedMachine[],
): readonly ObservedMachine[] {
  return machines.filter(
    (machine) => machine.pool === name && recycling.includes(machine.name) && !machine.deleting && !machine.goesFirst,
  );
}

/**
 * So many workers more than its count a pool has while some are replaced on request, as far as it may surge. Cluster API itself makes the one in the place of a deleted one only when that is gone
 * (cluster-api, machineset_controller, syncReplicas).
 */
export function surgeForRecycling(pool: Pool, cluster: Cluster, machines: readonly ObservedMachine[]): number {
  return Math.min(pool.rollout.maxSurge, waiting(pool, cluster, machines).length);
}

/** What replaces the workers that somebody wants replaced: those in their place are there before they go, where the pool may surge; one at a time where it may not. */
export function recyclingActions(desired: Cluster, observed: ObservedCluster): readonly ClusterAction[] {
  return desired.pools.flatMap((pool): readonly ClusterAction[] => {
    const going = waiting(pool, desired, observed.machines);
    if (going.length === 0) return [];
    const machines = observed.machines.filter((machine) => machine.pool === pool.name);
    const surge = surgeForRecycling(pool, desired, observed.machines);
    if (surge === 0) {
      const [next] = going;
      const isBusy = machines.some(({ deleting, ready, name }) => deleting || (!ready && name !== next?.name));
      return next === undefined || isBusy
        ? []
        : [{ type: 'replaceMachine', machine: next.name, reason: 'somebody asked for it' }];
    }
    const next = going.slice(0, surge);
    const staying = machines.filter((one) => one.ready && !one.deleting && !one.goesFirst && !next.includes(one));
    return staying.length < pool.count ? [] : [{ type: 'markForRemoval', machines: next.map(({ name }) => name) }];
  });
}
