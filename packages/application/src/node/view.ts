import type { Node } from '@matryoshka/contract';
import type { WorkerNode } from '@matryoshka/domain';

/** A worker as the API shows it. */
export function nodeView(node: WorkerNode & { readonly readyAt: Date | null }): Node {
  const { name, pool, flavor, state, cause, serverId, address, kubernetesVersion, createdAt, readyAt } = node;
  return {
    ...{ name, pool, flavor, state, serverId, address, kubernetesVersion },
    cause: cause === null ? null : { code: cause.reason, message: cause.message, actor: cause.actor },
    createdAt: createdAt.toISOString(),
    readyAt: readyAt?.toISOString() ?? null,
  };
}
