import type { Pool } from '../cluster/model.ts';
import { type Bin, binOf, fits, place } from './fit.ts';
import type { NodeRoom, ObservedLoad, ScheduledPod } from './model.ts';

export interface Growth {
  readonly pool: string;
  readonly by: number;
  readonly reason: string;
}

interface Option extends Growth {
  readonly placed: readonly ScheduledPod[];
  readonly priority: number;
  /** Share of the new workers that stays empty. */
  readonly waste: number;
}

const longestList = 3;

/**
 * By how much pools grow so that pods which fit nowhere can run. Workers that are on their way count as if they were there, so that nothing grows twice for the same pods.
 * A pod goes to the pool with the highest priority on which it would fit; of equal ones, to the one that leaves least of its new workers empty.
 */
export function planGrowth(
  pools: readonly Pool[],
  load: ObservedLoad,
  coming: Readonly<Record<string, number>>,
): readonly Growth[] {
  const bins = load.nodes.filter(({ open }) => open).map((room) => binOf(room, podsOn(load, room.name)));
  for (const [pool, count] of Object.entries(coming))
    for (let n = 0; n < count; n += 1) {
      const bin = freshBin(load, pool, `coming-${n}`);
      if (bin !== undefined) bins.push(bin);
    }
  // Large ones first leave fewer gaps.
  let waiting = load.pods
    .filter(({ node, unschedulable, everywhere }) => node === null && unschedulable && !everywhere)
    .toSorted((a, b) => b.needs.cpuMillis - a.needs.cpuMillis || b.needs.memoryBytes - a.needs.memoryBytes)
    .filter((pod) => !bins.some((bin) => place(bin, pod)));
  const grown = new Map<string, Growth>();
  while (waiting.length > 0) {
    const option = pools
      .flatMap((pool) => optionOf(pool, load, waiting, grown.get(pool.name)?.by ?? 0) ?? [])
      .toSorted((a, b) => b.priority - a.priority || a.waste - b.waste || b.placed.length - a.placed.length)[0];
    if (option === undefined) break;
    const before = grown.get(option.pool);
    grown.set(option.pool, {
      pool: option.pool,
      by: (before?.by ?? 0) + option.by,
      reason: before?.reason ?? option.reason,
    });
    waiting = waiting.filter((pod) => !option.placed.includes(pod));
  }
  return [...grown.values()];
}

function optionOf(
  pool: Pool,
  load: ObservedLoad,
  waiting: readonly ScheduledPod[],
  already: number,
): Option | undefined {
  if (pool.autoscaling === null) return undefined;
  const room = pool.autoscaling.max - pool.count - already;
  const bins: Bin[] = [];
  const placed: ScheduledPod[] = [];
  for (const pod of waiting) {
    if (bins.some((bin) => place(bin, pod))) placed.push(pod);
    else if (bins.length < room) {
      const bin = freshBin(load, pool.name, `new-${bins.length}`);
      if (bin === undefined || !fits(bin, pod)) continue;
      place(bin, pod);
      bins.push(bin);
      placed.push(pod);
    }
  }
  if (bins.length === 0) return undefined;
  const names = placed.slice(0, longestList).map(({ namespace, name }) => `${namespace}/${name}`);
  const more = placed.length > longestList ? ` and ${placed.length - longestList} more` : '';
  return {
    pool: pool.name,
    by: bins.length,
    reason: `no room for ${names.join(', ')}${more}`,
    placed,
    priority: pool.autoscaling.priority,
    waste: bins.reduce((sum, bin) => sum + emptyShare(bin), 0) / bins.length,
  };
}

const emptyShare = ({ room: { allocatable }, used }: Bin): number =>
  1 - (used.cpuMillis / allocatable.cpuMillis + used.memoryBytes / allocatable.memoryBytes) / 2;

function freshBin(load: ObservedLoad, pool: string, name: string): Bin | undefined {
  const fresh = load.fresh[pool];
  if (fresh === undefined) return undefined;
  const room: NodeRoom = { ...fresh, name: `${pool}/${name}` };
  return binOf(room, []);
}

export function podsOn(load: ObservedLoad, node: string): readonly ScheduledPod[] {
  return load.pods.filter((pod) => pod.node === node);
}
