import { pointerPart } from '@matryoshka/domain';
import type { KubeObject } from '@matryoshka/kube';
import { hashOf } from './hash.ts';
import { fieldManager } from './labels.ts';

function isEmpty(value: unknown): boolean {
  if (value === undefined || value === null) return true;
  return typeof value === 'object' && Object.keys(value).length === 0;
}

/**
 * Where something that `wanted` says is not so in `live`, which may say more (defaults, fields of others); JSON pointers. Empty maps and lists equal absent ones, because API servers drop
 * them. Lists are compared item by item; of one that has another length only the list itself is named.
 */
export function differences(wanted: unknown, live: unknown): readonly string[] {
  if (Array.isArray(wanted) && wanted.length === 0) return isEmpty(live) ? [] : [''];
  if (isEmpty(wanted)) return [];
  if (Array.isArray(wanted) && (!Array.isArray(live) || live.length !== wanted.length)) return [''];
  if (typeof wanted === 'object' && wanted !== null) {
    if (typeof live !== 'object' || live === null || Array.isArray(live) !== Array.isArray(wanted)) return [''];
    // Most objects are as they should be, so that pointers are made on the way back.
    return Object.entries(wanted).flatMap(([key, value]) =>
      differences(value, (live as Record<string, unknown>)[key]).map((rest) => `/${pointerPart(key)}${rest}`),
    );
  }
  return wanted === live ? [] : [''];
}

/** Whether a live object is what we would apply now: our hash is on it, and nobody has changed a field that we set. */
export function isCurrent(wanted: KubeObject, live: KubeObject): boolean {
  return hashOf(wanted) === hashOf(live) && differences(wanted, live).length === 0;
}

/** What somebody else changed in an object that we applied as it should be now. */
export interface Drift {
  readonly kind: string;
  readonly name: string;
  readonly namespace: string | null;
  /** JSON pointers, a few. */
  readonly fields: readonly string[];
  /** The program that wrote the object last, as it calls itself; null when nothing tells. */
  readonly by: string | null;
}

const mostFields = 8;

/** Undefined when nobody did: what we want now is something else than what we applied last, or nothing differs. */
export function driftOf(wanted: KubeObject, live: KubeObject): Drift | undefined {
  if (hashOf(wanted) !== hashOf(live)) return undefined;
  const fields = differences(wanted, live);
  if (fields.length === 0) return undefined;
  const { kind, metadata } = wanted;
  return {
    ...{ kind, name: metadata.name, namespace: metadata.namespace ?? null },
    fields: fields.slice(0, mostFields),
    by: lastWriter(live),
  };
}

interface ManagedFields {
  readonly manager?: string;
  readonly time?: string;
  readonly subresource?: string;
}

function lastWriter({ metadata }: KubeObject): string | null {
  const entries = (metadata as { readonly managedFields?: readonly ManagedFields[] }).managedFields ?? [];
  const others = entries.filter(({ manager, subresource }) => manager !== fieldManager && subresource === undefined);
  return others.toSorted((a, b) => (b.time ?? '').localeCompare(a.time ?? ''))[0]?.manager ?? null;
}
