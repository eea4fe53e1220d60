import type { ObservedControlPlane, ObservedEncryption } from '@matryoshka/domain';
import { encryptionMount, generationOf } from '../manifests/encryption.ts';
import { listAt, textAt } from '../read.ts';
import { newestOf, type StoredEncryption } from './keys.ts';

/** The keys that Secrets of a cluster are stored with, and whether its control plane (undefined: it is not known) runs with them. Null: there are none. */
export function observeEncryption(
  stored: StoredEncryption | undefined,
  plane: ObservedControlPlane | undefined,
): ObservedEncryption | null {
  if (stored === undefined) return null;
  const { generation, keys, order, stale } = stored;
  const newest = newestOf(stored);
  return {
    generation,
    order,
    newest: { name: newest.name, madeAt: new Date(newest.madeAt) },
    retired: keys.map(({ name }) => name).filter((name) => !order.includes(name)),
    stale,
    rolledOut: plane?.keysGeneration === generation,
  };
}

/** Of the keys that a pod is started with, by its spec; null: with none. */
export function generationIn(podSpec: unknown): number | null {
  const volume = listAt(podSpec, 'volumes').find((candidate) => textAt(candidate, 'name') === encryptionMount.name);
  return generationOf(textAt(listAt(volume, 'secret', 'items')[0], 'key') ?? '');
}
