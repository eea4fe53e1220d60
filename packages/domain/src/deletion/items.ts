import type { Cluster, VolumePolicy } from '../cluster/model.ts';
import type { Resource } from '../resource/model.ts';

export const deletionItemKinds = [
  'control-plane',
  'kubernetes-data',
  'credentials',
  'worker-pool',
  'network',
  'load-balancer',
  'floating-ip',
  'volume',
  'volume-snapshot',
] as const;
export type DeletionItemKind = (typeof deletionItemKinds)[number];

/** One thing that a deletion touches, and what becomes of it. */
export interface DeletionItem {
  readonly kind: DeletionItemKind;
  /** Unique within its kind: an id in OpenStack where there is one, else the name. */
  readonly id: string;
  readonly name: string;
  /** What in the cluster it was made for, e.g. `PersistentVolumeClaim default/data`. */
  readonly usedBy: string | null;
  readonly sizeGib: number | null;
  /** Workers of a pool; 1 for everything else. */
  readonly count: number;
  readonly fate: 'deleted' | 'kept';
  /** Why, in one sentence. */
  readonly reason: string;
}

/**
 * Everything that deleting a cluster would delete or keep, in the order of the kinds. `resources` are those that Kubernetes made in the
 * project. The same input gives the same list, so that its fingerprint names a plan.
 */
export function deletionItems(
  cluster: Pick<Cluster, 'id' | 'name' | 'tier' | 'pools' | 'network'>,
  resources: readonly Resource[],
  volumes: VolumePolicy,
): readonly DeletionItem[] {
  const own = (kind: DeletionItemKind, id: string, name: string, reason: string, count = 1): DeletionItem => ({
    ...{ kind, id, name, count, reason },
    usedBy: null,
    sizeGib: null,
    fate: 'deleted',
  });
  const items: readonly DeletionItem[] = [
    own('control-plane', cluster.id, cluster.name, `The ${cluster.tier} control plane ends; its address is given up.`),
    own(
      'kubernetes-data',
      cluster.id,
      cluster.name,
      'All Kubernetes objects of the cluster are erased, and its backups.',
    ),
    own(
      'credentials',
      cluster.id,
      cluster.name,
      'Kubeconfigs, certificates and the OpenStack user of the cluster end.',
    ),
    ...cluster.pools.map((pool) =>
      own(
        'worker-pool',
        pool.name,
        `${pool.count} × ${pool.flavor}`,
        'The servers and their disks are deleted.',
        pool.count,
      ),
    ),
    own(
      'network',
      cluster.id,
      cluster.network.nodeCidr,
      'Network, router and security groups of the workers are deleted.',
    ),
    ...resources.map((resource) => resourceItem(resource, volumes)),
  ];
  const rank = (item: DeletionItem): number => deletionItemKinds.indexOf(item.kind);
  return items.toSorted((a, b) => rank(a) - rank(b) || compare(a.name, b.name) || compare(a.id, b.id));
}

const compare = (a: string, b: string): number => (a < b ? -1 : a > b ? 1 : 0);

function resourceItem(resource: Resource, volumes: VolumePolicy): DeletionItem {
  const { kind, id, name, usedBy, sizeGib } = resource;
  const isData = kind === 'volume' || kind === 'volume-snapshot';
  const kept = isData && volumes === 'keep';
  return {
    ...{ kind, id, name, usedBy, sizeGib, count: 1 },
    fate: kept ? 'kept' : 'deleted',
    reason: kept
      ? 'Stays in your project, and goes on to cost what it costs there.'
      : isData
        ? 'Deleted with its data, as asked for.'
        : 'Made for a Service of the cluster, which ends with it.',
  };
}
