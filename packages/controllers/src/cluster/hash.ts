import type { KubeObject } from '@matryoshka/kube';
import { shortHash } from '@matryoshka/system';
import { hashAnnotation } from './labels.ts';

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
