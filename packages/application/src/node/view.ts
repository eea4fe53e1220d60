import type { Node } from '@matryoshka/contract';
import type { WorkerNode } from '@matryoshka/domain';
import { causeView } from '../cause-view.ts';

/** A worker as the API shows it. */
export function nodeView(node: WorkerNode & { readonly readyAt: Date | null }): Node {
  const { name, pool, flavor, state, cause, serverId, address, kubernetesVersion, createdAt, readyAt } = node;
  return {
    ...{ name, pool, flavor, state, serverId, address, kubernetesVersion },
    cause: cause === null ? null : causeView(cause),
    createdAt: createdAt.toISOString(),
    readyAt: readyAt?.toISOString() ?? null,
  };
}
