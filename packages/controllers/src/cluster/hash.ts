import { createHash } from 'node:crypto';
import type { KubeObject } from '@matryoshka/kube';
import { hashAnnotation } from './labels.ts';

/** JSON with sorted members, so that equal values have equal texts. */
export function stableJson(value: unknown): string {
  return JSON.stringify(value, (_key, member: unknown) =>
    typeof member === 'object' && member !== null && !Array.isArray(member)
      ? Object.fromEntries(Object.entries(member).toSorted(([a], [b]) => (a < b ? -1 : 1)))
      : member,
  );
}

/** Short digest of a value: 10 characters of [0-9a-f], fit for names. */
export function shortHash(value: unknown): string {
  return createHash('sha256').update(stableJson(value)).digest('hex').slice(0, 10);
}

/** The object with the hash of itself as an annotation. */
export function withHash<T extends KubeObject>(object: T): T {
  const hash = shortHash(object);
  return {
    ...object,
    metadata: { ...object.metadata, annotations: { ...object.metadata.annotations, [hashAnnotation]: hash } },
  };
}

export function hashOf(object: KubeObject): string | undefined {
  return object.metadata.annotations?.[hashAnnotation];
}
