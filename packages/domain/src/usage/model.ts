import type { Cluster } from '../cluster/model.ts';
import type { DeletionItem } from '../deletion/items.ts';

/** What is metered, and may have a price. */
export const meteredItems = [
  'control-plane',
  'node',
  'load-balancer',
  'floating-ip',
  'volume',
  'volume-snapshot',
] as const;
export type MeteredItem = (typeof meteredItems)[number];

/** Hours of a month, wherever a price is told by the month: 365 × 24 / 12. */
export const hoursPerMonth = 730;

export interface Metered {
  readonly item: MeteredItem;
  /** Tier of a control plane, flavor of a node; else empty. */
  readonly sku: string;
  /** How many, or GiB of volumes and snapshots. */
  readonly quantity: number;
}

/** As what a part of a cluster is metered; null when it costs nothing of its own. */
export function meteredAs(cluster: Pick<Cluster, 'tier' | 'pools'>, part: DeletionItem): Metered | null {
  switch (part.kind) {
    case 'control-plane':
      return { item: 'control-plane', sku: cluster.tier, quantity: 1 };
    case 'worker-pool': {
      const pool = cluster.pools.find(({ name }) => name === part.id);
      return pool === undefined ? null : { item: 'node', sku: pool.flavor, quantity: pool.count };
    }
    case 'load-balancer':
    case 'floating-ip':
      return { item: part.kind, sku: '', quantity: 1 };
    case 'volume':
    case 'volume-snapshot':
      return { item: part.kind, sku: '', quantity: Math.max(1, part.sizeGib ?? 1) };
    default:
      return null;
  }
}
