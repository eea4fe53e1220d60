import type { Autoscaling } from '../cluster/model.ts';
import { isRecord } from '../validation/kubernetes-syntax.ts';
import type { Report } from '../validation/violations.ts';

/** Rules for the bounds of a pool; `count` is what was asked for besides, undefined where it was not. */
export function checkAutoscaling(report: Report, at: string, autoscaling: unknown, count: unknown): void {
  if (!isRecord(autoscaling)) return;
  const { min, max } = autoscaling;
  if (typeof min !== 'number' || typeof max !== 'number') return;
  if (min > max) report(`${at}/autoscaling/min`, 'min_above_max', `must be at most the maximum, ${max}`);
  else if (typeof count === 'number' && (count < min || count > max))
    report(`${at}/count`, 'count_out_of_bounds', `must be between ${min} and ${max}, the bounds of its autoscaling`);
}

/** The count nearest to one that lies within the bounds. */
export function withinBounds(count: number, bounds: Pick<Autoscaling, 'min' | 'max'> | null): number {
  return bounds === null ? count : Math.min(bounds.max, Math.max(bounds.min, count));
}

/** The most workers that a pool may have. */
export function mostWorkers(pool: unknown): number {
  if (!isRecord(pool)) return 0;
  const max = isRecord(pool.autoscaling) ? pool.autoscaling.max : undefined;
  const numbers = [pool.count, max].filter((value) => typeof value === 'number');
  return Math.max(0, ...numbers);
}
