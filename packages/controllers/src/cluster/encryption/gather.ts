import { type Cluster, type ObservedEncryption, plain } from '@matryoshka/domain';
import type { KubeObject } from '@matryoshka/kube';
import type { ClusterContext } from '../context.ts';
import { hasRolledOut } from '../gather/rollout.ts';
import { encryptionMount, fileOf } from '../manifests/encryption.ts';
import { listAt, textAt } from '../read.ts';
import { newestOf, storedEncryption } from './keys.ts';

/** The keys that Secrets of a cluster are stored with, and whether its control plane runs with them; what cannot be read does not. Null: there are none. */
export async function gatherEncryption(
  context: ClusterContext,
  { id }: Cluster,
  signal: AbortSignal,
): Promise<ObservedEncryption | null> {
  const stored = await storedEncryption(context, id);
  if (stored === undefined) return null;
  const ref = { apiVersion: 'apps/v1', kind: 'Deployment', name: id, namespace: id };
  const deployment = await context.management.find(ref, { signal }).catch(() => undefined);
  const { generation, keys, order, stale } = stored;
  const newest = newestOf(stored);
  return {
    generation,
    order,
    newest: { name: newest.name, madeAt: new Date(newest.madeAt) },
    retired: keys.map(({ name }) => name).filter((name) => name !== plain && !order.includes(name)),
    stale,
    rolledOut: hasRolledOut(deployment) && fileIn(deployment) === fileOf(generation),
  };
}

function fileIn(deployment: KubeObject | undefined): string | undefined {
  const volumes = listAt(deployment, 'spec', 'template', 'spec', 'volumes');
  const volume = volumes.find((candidate) => textAt(candidate, 'name') === encryptionMount.name);
  return textAt(listAt(volume, 'secret', 'items')[0], 'key');
}
