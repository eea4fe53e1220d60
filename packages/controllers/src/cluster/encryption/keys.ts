import { randomBytes } from 'node:crypto';
import { type EncryptionStep, plain } from '@matryoshka/domain';
import type { ClusterContext } from '../context.ts';

interface EncryptionKey {
  readonly name: string;
  /** 32 bytes, base64. */
  readonly secret: string;
  /** ISO 8601. */
  readonly madeAt: string;
}

/** The keys of a cluster as our database has them, sealed. None is ever removed: a backup may need it. */
export interface StoredEncryption {
  readonly generation: number;
  /** The last one is the newest. */
  readonly keys: readonly EncryptionKey[];
  /** Names of those that replicas are given; the first one writes. */
  readonly order: readonly string[];
  /** The order of the generation before, which replicas may still be started with. */
  readonly before: readonly string[] | null;
  /** Something may be stored by another than the first. */
  readonly stale: boolean;
}

/** Undefined: there are none. */
export async function storedEncryption(
  { store }: ClusterContext,
  clusterId: string,
): Promise<StoredEncryption | undefined> {
  const text = await store.secret(clusterId, 'encryption');
  return text === undefined ? undefined : (JSON.parse(text) as StoredEncryption);
}

/** The newest one. */
export function newestOf({ keys }: StoredEncryption): EncryptionKey {
  const newest = keys.at(-1);
  if (newest === undefined) throw new Error('there are no keys to store Secrets with');
  return newest;
}

/** The keys after a step; `rewrite` says that all Secrets were stored again. */
export function afterStep(stored: StoredEncryption | undefined, step: EncryptionStep, madeAt: Date): StoredEncryption {
  if (stored === undefined) {
    const key = newKey('k1', madeAt);
    const introduced = step === 'introduce';
    const order = introduced ? [plain, key.name] : [key.name, plain];
    return { generation: 1, keys: [key], order, before: null, stale: introduced };
  }
  const newest = newestOf(stored).name;
  const writes = stored.order[0] ?? plain;
  const give = (first: readonly string[], stale: boolean, keys = stored.keys): StoredEncryption => {
    // What is stored as it is can always be read: it may come out of a backup.
    const order = [...new Set([...first, plain])];
    if (order.join() === stored.order.join()) return { ...stored, stale };
    return { generation: stored.generation + 1, keys, order, before: stored.order, stale };
  };
  switch (step) {
    case 'begin':
    case 'introduce':
      return stored;
    case 'add': {
      const key = newKey(`k${stored.keys.length + 1}`, madeAt);
      return give([...stored.order.filter((name) => name !== plain), key.name], stored.stale, [...stored.keys, key]);
    }
    case 'serve':
      return give([newest, ...stored.order], true);
    case 'rewrite':
      return { ...stored, stale: false };
    case 'retire':
      return give([newest], false);
    case 'recall':
      return give([writes, ...stored.keys.map(({ name }) => name).toReversed()], true);
  }
}

const newKey = (name: string, madeAt: Date): EncryptionKey => ({
  name,
  secret: randomBytes(32).toString('base64'),
  madeAt: madeAt.toISOString(),
});
