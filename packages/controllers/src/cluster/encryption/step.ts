import type { Cluster, EncryptionStep } from '@matryoshka/domain';
import { isConflict, isNotFound, type KubeClient, type KubeObject } from '@matryoshka/kube';
import { tenantClient } from '../apply/tenant.ts';
import type { ClusterContext } from '../context.ts';
import { madeOnRequest } from '../made-on-request.ts';
import { afterStep, storedEncryption } from './keys.ts';

/** Written at the same time: fast enough for ten thousand Secrets in one turn, and no load that others feel. */
const parallel = 8;

/** Takes one step with the keys of a cluster; does nothing when it was taken already. */
export async function stepEncryption(
  context: ClusterContext,
  cluster: Cluster,
  { step, generation }: { readonly step: EncryptionStep; readonly generation: number },
  signal: AbortSignal,
): Promise<void> {
  const stored = await storedEncryption(context, cluster.id);
  if ((stored?.generation ?? 0) !== generation) return;
  if (step === 'rewrite') await rewriteSecrets(await tenantClient(context, cluster, signal), signal);
  const next = afterStep(stored, step, madeOnRequest(context, cluster.encryptionBefore));
  await context.store.saveSecret(cluster, 'encryption', JSON.stringify(next));
  context.log.info({ clusterId: cluster.id, step, generation: next.generation }, 'keys for Secrets were changed');
}

/**
 * Stores every Secret again. An unchanged update writes nothing, unless what is stored was read by another key than the first one (apiserver, pkg/storage/etcd3/store.go, `stale`): what somebody
 * else has written meanwhile is stored with the first one already.
 */
async function rewriteSecrets(client: KubeClient, signal: AbortSignal): Promise<void> {
  for await (const { items } of client.pages<KubeObject>({ apiVersion: 'v1', kind: 'Secret' }, { signal })) {
    const left = [...items];
    const work = async (): Promise<void> => {
      for (let secret = left.pop(); secret !== undefined; secret = left.pop()) await rewrite(client, secret, signal);
    };
    await Promise.all(Array.from({ length: parallel }, work));
  }
}

async function rewrite(client: KubeClient, secret: KubeObject, signal: AbortSignal): Promise<void> {
  try {
    await client.update({ ...secret, apiVersion: 'v1', kind: 'Secret' }, { signal });
  } catch (error) {
    if (!isConflict(error) && !isNotFound(error)) throw error;
  }
}
