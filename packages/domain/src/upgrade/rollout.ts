import type { Rollout } from '../cluster/model.ts';
import { isRecord } from '../validation/kubernetes-syntax.ts';
import type { Report } from '../validation/violations.ts';

/** Servers that a project would have to keep free for every pool. */
export const mostSurge = 20;
/** A day. */
export const longestDrainSeconds = 86_400;

const ranges = {
  maxSurge: [0, mostSurge],
  maxUnavailable: [0, 1_000],
  drainTimeoutSeconds: [0, longestDrainSeconds],
} as const satisfies Record<Exclude<keyof Rollout, 'paused'>, readonly [number, number]>;

/** Rules for how workers are replaced; what is not said stays as in `before`. */
export function checkRollout(report: Report, pointer: string, given: unknown, before: Rollout): void {
  if (!isRecord(given)) return;
  for (const [name, [least, most]] of Object.entries(ranges)) {
    const value = given[name];
    if (typeof value === 'number' && !(Number.isInteger(value) && value >= least && value <= most))
      report(`${pointer}/${name}`, 'out_of_range', `must be a whole number from ${least} to ${most}`);
  }
  const { maxSurge, maxUnavailable } = { ...before, ...given };
  if (maxSurge === 0 && maxUnavailable === 0)
    report(pointer, 'rollout_cannot_move', 'maxSurge and maxUnavailable are not both 0: no worker could be replaced');
}
