import { createHash } from 'node:crypto';
import type { DeletionPlan } from '@matryoshka/contract';
import { type Cluster, type DeletionItem, deletionItems, type Resource, type VolumePolicy } from '@matryoshka/domain';

/** What deleting a cluster would do now. `planId` is the same for the same things and choices, whenever it is asked for. */
export function planDeletionOf(
  cluster: Cluster,
  resources: readonly Resource[],
  volumes: VolumePolicy,
): { readonly planId: string; readonly items: readonly DeletionItem[] } {
  const items = deletionItems(cluster, resources, volumes);
  const what = items.map(({ kind, id, count, fate }) => [kind, id, count, fate]);
  const hash = createHash('sha256').update(JSON.stringify([cluster.id, volumes, what]));
  return { planId: `dp-${hash.digest('base64url').slice(0, 16)}`, items };
}

/** The plan as the API shows it. */
export function deletionPlanView(
  cluster: Cluster,
  resources: readonly Resource[],
  volumes: VolumePolicy,
  now: Date,
): Omit<DeletionPlan, 'currency'> {
  const { planId, items } = planDeletionOf(cluster, resources, volumes);
  const { protection, gracePeriodSeconds } = cluster.deletion;
  const waitsUntil = gracePeriodSeconds === 0 ? null : new Date(now.getTime() + gracePeriodSeconds * 1000);
  return {
    planId,
    clusterId: cluster.id,
    clusterName: cluster.name,
    volumes,
    protection,
    beginsAt: (cluster.deleteScheduledAt ?? waitsUntil)?.toISOString() ?? null,
    items: items.map((item) => ({ ...item })),
  };
}
