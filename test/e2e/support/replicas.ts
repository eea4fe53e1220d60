import { managementKubectl } from './platform.ts';

export interface Replica {
  readonly name: string;
  readonly uid: string;
  readonly node: string;
  readonly ready: boolean;
}

/** Replicas of a control plane. One that is about to go answers for some seconds more, and is none. */
export async function replicasOf(id: string): Promise<readonly Replica[]> {
  const text = await managementKubectl(['get', 'pods', '-n', id, '-l', `kamaji.clastix.io/name=${id}`, '-o', 'json']);
  const { items } = JSON.parse(text) as {
    items: readonly {
      metadata: { name: string; uid: string; deletionTimestamp?: string };
      spec: { nodeName?: string };
      status: { conditions?: readonly { type: string; status: string }[] };
    }[];
  };
  return items
    .filter(({ metadata }) => metadata.deletionTimestamp === undefined)
    .map(({ metadata, spec, status }) => ({
      name: metadata.name,
      uid: metadata.uid,
      node: spec.nodeName ?? '',
      ready: status.conditions?.some(({ type, status: word }) => type === 'Ready' && word === 'True') ?? false,
    }));
}
