import type { Pool } from '../cluster/model.ts';
import { type Bin, binOf, place } from './fit.ts';
import { podsOn } from './grow.ts';
import type { NodeRoom, ObservedLoad, ScheduledPod } from './model.ts';

export interface Unneeded {
  readonly node: string;
  readonly pool: string;
  readonly reason: string;
}

/**
 * Nodes that could go: hardly used, nothing on them that must stay, and everything on them would fit on the others. Each is judged as if those before it were gone, the emptiest
 * first, so that all of the answer may go together.
 */
export function findUnneeded(pools: readonly Pool[], load: ObservedLoad): readonly Unneeded[] {
  // While a pod waits for room, none is given away.
  if (load.pods.some(({ node, unschedulable, everywhere }) => node === null && unschedulable && !everywhere)) return [];
  const bins = load.nodes.filter(({ open }) => open).map((room) => binOf(room, podsOn(load, room.name)));
  const left = new Map(pools.map(({ name, count }) => [name, count]));
  const gone = new Set<string>();
  const found: Unneeded[] = [];
  for (const bin of bins.toSorted((a, b) => usedShare(a) - usedShare(b))) {
    const { room } = bin;
    const pool = pools.find(({ name }) => name === room.pool);
    const count = left.get(room.pool) ?? 0;
    if (pool?.autoscaling == null || count <= pool.autoscaling.min || room.keep) continue;
    const share = usedShare(bin) * 100;
    if (share >= pool.autoscaling.scaleDownBelowPercent) continue;
    const others = bins.filter(({ room: other }) => other !== room && !gone.has(other.name));
    if (!wouldMove(bin, others)) continue;
    gone.add(room.name);
    left.set(room.pool, count - 1);
    found.push({
      node: room.name,
      pool: room.pool,
      reason: `${room.name} is used to ${Math.round(share)} %, and its pods fit on other nodes`,
    });
  }
  return found;
}

/** Puts the pods of one node on others; leaves them there in thought when all of them fit, and changes nothing otherwise. */
function wouldMove(bin: Bin, others: readonly Bin[]): boolean {
  const moving = bin.pods.filter(({ everywhere }) => !everywhere);
  if (moving.some(({ pinned }) => pinned !== null)) return false;
  const before = others.map(({ used, pods }) => ({ used, count: pods.length }));
  const all = moving.every((pod) => others.some((other) => place(other, pod)));
  if (!all)
    for (const [index, other] of others.entries()) {
      other.used = before[index]?.used ?? other.used;
      other.pods.length = before[index]?.count ?? other.pods.length;
    }
  return all;
}

/** The larger of the shares of its processors and its memory that pods ask for which would have to move. */
export function usedShare({ room, pods }: { readonly room: NodeRoom; readonly pods: readonly ScheduledPod[] }): number {
  const moving = pods.filter(({ everywhere }) => !everywhere);
  const sum = (of: (pod: ScheduledPod) => number): number => moving.reduce((total, pod) => total + of(pod), 0);
  return Math.max(
    sum(({ needs }) => needs.cpuMillis) / room.allocatable.cpuMillis,
    sum(({ needs }) => needs.memoryBytes) / room.allocatable.memoryBytes,
  );
}
