import type { ObservedControlPlane } from '@matryoshka/domain';
import { type KubeClient, type KubeObject, podTrouble } from '@matryoshka/kube';
import { isUsable } from '../../management-cluster/room.ts';
import { type Quantities, quantity, requestOf } from '../../requests.ts';
import { at, textAt } from '../read.ts';

/**
 * The replica that could go to another node while all of them are on one: a lost node takes its replica to the others, and nothing in Kubernetes brings one back. Nodes are only looked at where that is so,
 * and only one with room counts: replicas are spread strictly, and one that finds no room would wait instead of coming back. Null: there is none.
 */
export async function crowdedReplica(
  client: KubeClient,
  pods: readonly KubeObject[],
  signal: AbortSignal,
): Promise<ObservedControlPlane['crowded']> {
  const nodes = new Set(pods.map((pod) => textAt(pod, 'spec', 'nodeName')));
  const [node] = nodes;
  const youngest = pods.toSorted((a, b) => bornAt(a) - bornAt(b)).at(-1);
  if (pods.length < 2 || nodes.size !== 1 || node === undefined || youngest === undefined) return null;
  if (pods.some((pod) => podTrouble(pod) !== undefined)) return null;
  const others = await client.list<KubeObject>({ apiVersion: 'v1', kind: 'Node' }, { signal });
  for (const other of others.items.filter((one) => isUsable(one) && one.metadata.name !== node))
    if (await hasRoom(client, other, youngest, signal))
      return { pod: youngest.metadata.name, since: new Date(bornAt(youngest)) };
  return null;
}

const bornAt = ({ metadata }: KubeObject): number => Date.parse(metadata.creationTimestamp ?? '') || 0;

async function hasRoom(client: KubeClient, node: KubeObject, pod: KubeObject, signal: AbortSignal): Promise<boolean> {
  const query = {
    ...{ apiVersion: 'v1', kind: 'Pod' },
    fieldSelector: `spec.nodeName=${node.metadata.name},status.phase!=Succeeded,status.phase!=Failed`,
  };
  const { items } = await client.list<KubeObject>(query, { signal });
  const allocatable = (at(node, 'status', 'allocatable') ?? {}) as Quantities;
  const fits = (name: string): boolean =>
    [...items, pod].reduce((sum, one) => sum + requestOf(one, name), 0) <= quantity(allocatable, name);
  return ['cpu', 'memory'].every(fits) && items.length < quantity(allocatable, 'pods');
}
