import type { KubeObject } from '@matryoshka/kube';
import { hashOf } from './hash.ts';

function isEmpty(value: unknown): boolean {
  if (value === undefined || value === null) return true;
  return typeof value === 'object' && Object.keys(value).length === 0;
}

/**
 * Whether everything that `wanted` says is so in `live`, which may say more (defaults, fields of others). Empty maps and lists equal absent
 * ones, because API servers drop them. Lists are compared item by item and must have the same length.
 */
export function isSubset(wanted: unknown, live: unknown): boolean {
  if (Array.isArray(wanted) && wanted.length === 0) return isEmpty(live);
  if (isEmpty(wanted)) return true;
  if (Array.isArray(wanted))
    return (
      Array.isArray(live) && live.length === wanted.length && wanted.every((item, index) => isSubset(item, live[index]))
    );
  if (typeof wanted === 'object' && wanted !== null) {
    if (typeof live !== 'object' || live === null || Array.isArray(live)) return false;
    return Object.entries(wanted).every(([key, value]) => isSubset(value, (live as Record<string, unknown>)[key]));
  }
  return wanted === live;
}

/** Whether a live object is what we would apply now: our hash is on it, and nobody has changed a field that we set. */
export function isCurrent(wanted: KubeObject, live: KubeObject): boolean {
  return hashOf(wanted) === hashOf(live) && isSubset(wanted, live);
}
