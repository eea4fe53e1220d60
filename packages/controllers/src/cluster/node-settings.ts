import type { NodeSettings, Pool } from '@matryoshka/domain';
import type { KubeObject } from '@matryoshka/kube';
import { poolLabel } from './labels.ts';
import { at, listAt, textAt } from './read.ts';

/** On a Node: keys of the labels and taints that it has from its pool. Absent while they are those it joined with. */
export const poolSettingsAnnotation = 'matryoshka.dev/pool-settings';

interface NodeTaint {
  readonly key: string;
  readonly value?: string;
  readonly effect: string;
}

const idOf = ({ key, effect }: { readonly key: string; readonly effect: string }): string => `${key}:${effect}`;

/** Labels and taints that a pool gives to its nodes. */
export function settingsOfPool(pool: Pool): {
  readonly labels: Readonly<Record<string, string>>;
  readonly taints: readonly NodeTaint[];
} {
  return {
    labels: { ...pool.labels, [poolLabel]: pool.name },
    taints: pool.taints.map(({ key, value, effect }) => ({ key, ...(value === '' ? {} : { value }), effect })),
  };
}

/** What a KubeadmConfig let a node join with. */
export function joinedWith(bootstrap: KubeObject | undefined): NodeSettings | null {
  const registration = at(bootstrap, 'spec', 'joinConfiguration', 'nodeRegistration');
  if (registration === undefined) return null;
  const flags = listAt(registration, 'kubeletExtraArgs');
  const flag = flags.find((entry) => textAt(entry, 'name') === 'node-labels');
  return {
    labels: (textAt(flag, 'value') ?? '').split(',').flatMap((pair) => pair.split('=')[0] || []),
    taints: (listAt(registration, 'taints') as readonly NodeTaint[]).map(idOf),
  };
}

/**
 * The merge patch that gives a Node the labels and taints of its pool and takes those away that it had from the pool before; undefined when there is nothing to do. What others
 * put on the node stays. The list of taints is one field to Kubernetes, so the patch names the version of the node that it was made for.
 */
export function changeOfNode(node: KubeObject, pool: Pool, joined: NodeSettings | null): object | undefined {
  const wanted = settingsOfPool(pool);
  const before = storedSettings(node) ?? joined;
  const has = node.metadata.labels ?? {};
  const labels: Record<string, string | null> = {};
  for (const key of before?.labels ?? []) if (!(key in wanted.labels) && key in has) labels[key] = null;
  for (const [key, value] of Object.entries(wanted.labels)) if (has[key] !== value) labels[key] = value;
  const taints = taintsAfter(node, wanted.taints, before);
  const keys: NodeSettings = {
    labels: Object.keys(wanted.labels).toSorted(),
    taints: wanted.taints.map(idOf).toSorted(),
  };
  const noted = JSON.stringify(keys);
  const isNoted =
    before !== null && noted === JSON.stringify({ labels: before.labels.toSorted(), taints: before.taints.toSorted() });
  if (Object.keys(labels).length === 0 && taints === undefined && isNoted) return undefined;
  return {
    metadata: {
      ...(taints === undefined ? {} : { resourceVersion: node.metadata.resourceVersion }),
      labels,
      annotations: { [poolSettingsAnnotation]: noted },
    },
    ...(taints === undefined ? {} : { spec: { taints } }),
  };
}

function taintsAfter(
  node: KubeObject,
  wanted: readonly NodeTaint[],
  before: NodeSettings | null,
): readonly NodeTaint[] | undefined {
  const has = listAt(node, 'spec', 'taints') as readonly NodeTaint[];
  const ours = new Set([...wanted.map(idOf), ...(before?.taints ?? [])]);
  const isSame = (taint: NodeTaint): boolean =>
    has.some((other) => idOf(other) === idOf(taint) && (other.value ?? '') === (taint.value ?? ''));
  const isRight =
    wanted.every(isSame) && has.every((taint) => !ours.has(idOf(taint)) || wanted.map(idOf).includes(idOf(taint)));
  return isRight ? undefined : [...has.filter((taint) => !ours.has(idOf(taint))), ...wanted];
}

function storedSettings(node: KubeObject): NodeSettings | undefined {
  try {
    const stored: unknown = JSON.parse(node.metadata.annotations?.[poolSettingsAnnotation] ?? '');
    const [labels, taints] = [at(stored, 'labels'), at(stored, 'taints')];
    const texts = (list: unknown): list is readonly string[] =>
      Array.isArray(list) && list.every((entry) => typeof entry === 'string');
    return texts(labels) && texts(taints) ? { labels, taints } : undefined;
  } catch {
    return undefined;
  }
}
