import type { Quota } from '@matryoshka/contract';
import { type Cluster, type FlavorSize, type ProjectQuota, quotaResources, quotaStates } from '@matryoshka/domain';
import { clusterDemand } from '../cluster/limits.ts';

/** The quota of a project as the API shows it. */
export function quotaView(
  quota: (ProjectQuota & { readonly syncedAt: Date }) | undefined,
  clusters: readonly Cluster[],
  flavors: readonly FlavorSize[],
): Quota {
  if (quota === undefined) return { items: [], seenAt: null };
  const states = quotaStates(quota, clusters.map(clusterDemand), flavors);
  const items = quotaResources.flatMap((resource) => {
    const state = states[resource];
    if (state === undefined) return [];
    const { limit, used, promised, upgradeReserve } = state;
    const isUnlimited = limit < 0;
    const left = isUnlimited ? null : Math.max(0, limit - used - promised - upgradeReserve);
    return [{ resource, limit: isUnlimited ? null : limit, used, promised, upgradeReserve, left }];
  });
  return { items, seenAt: quota.syncedAt.toISOString() };
}
