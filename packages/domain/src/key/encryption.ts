import type { Cluster } from '../cluster/model.ts';
import { type EncryptionStep, type KeyStatus, type ObservedEncryption, plain } from './model.ts';

/**
 * What is to be done next about the keys that Secrets are stored with. A key is read by every replica before one writes with it, and gone from them only when nothing is stored with it (Kubernetes,
 * "Encrypting confidential data at rest", rotating a decryption key). `made`: the cluster has a control plane, or had one.
 */
export function encryptionStep(
  { encryptionBefore, restore }: Pick<Cluster, 'encryptionBefore' | 'restore'>,
  found: ObservedEncryption | null,
  made: boolean,
): EncryptionStep | undefined {
  if (found === null) {
    if (!made) return 'begin';
    return encryptionBefore !== null && restore === null ? 'introduce' : undefined;
  }
  const { order, newest, retired, stale, rolledOut } = found;
  // What a backup holds may be stored by any key there ever was, or by none.
  if (restore !== null) return stale && retired.length === 0 ? undefined : 'recall';
  if (!rolledOut) return undefined;
  if (order[0] !== newest.name) return 'serve';
  if (stale) return 'rewrite';
  if (order.some((name) => name !== newest.name && name !== plain)) return 'retire';
  return encryptionBefore !== null && newest.madeAt < encryptionBefore ? 'add' : undefined;
}

const words: Partial<Record<EncryptionStep, string>> = {
  introduce: 'a key for Secrets is made',
  add: 'a new key for Secrets is made',
  serve: 'Secrets are stored with the new key from now on',
  rewrite: 'all Secrets are stored again',
  retire: 'the old key for Secrets goes',
};

/** What is done about keys; undefined when nothing is. */
export function encryptionWords(
  desired: Pick<Cluster, 'encryptionBefore' | 'restore'>,
  found: ObservedEncryption | null,
): string | undefined {
  const step = encryptionStep(desired, found, true);
  if (step !== undefined) return words[step];
  return found?.rolledOut === false ? 'replicas start with the keys for Secrets' : undefined;
}

export function encryptionStatus(
  desired: Pick<Cluster, 'encryptionBefore' | 'restore'>,
  found: ObservedEncryption | null,
): KeyStatus {
  const rotates = encryptionWords(desired, found) !== undefined;
  return {
    key: 'encryption',
    madeAt: found === null ? null : found.newest.madeAt.toISOString(),
    state: rotates ? 'rotating' : found === null ? 'absent' : 'current',
  };
}
