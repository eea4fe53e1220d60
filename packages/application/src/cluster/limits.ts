import {
  type Catalogue,
  type Cluster,
  type ClusterDemand,
  checkQuota,
  type Demand,
  type Violation,
} from '@matryoshka/domain';
import { KaasError } from '../errors.ts';
import type { WriteTransaction } from '../store.ts';

type Versions = Awaited<ReturnType<WriteTransaction['listVersions']>>;

/** What is offered. Throws `catalog_not_ready` while the controller has not filled it. */
export async function readCatalogue(
  tx: WriteTransaction,
): Promise<{ readonly catalogue: Catalogue; readonly versions: Versions }> {
  const versions = await tx.listVersions();
  const flavors = await tx.listFlavors();
  if (versions.length === 0 || flavors.length === 0)
    throw new KaasError('catalog_not_ready', 'The lists of versions and flavors are not filled yet.');
  return {
    versions,
    catalogue: {
      versions: versions.map(({ version, state, imageId, isDefault }) => ({
        ...{ version, state, isDefault },
        hasImage: imageId !== null,
      })),
      flavors: flavors.map((flavor) => flavor.name),
    },
  };
}

/** Violations of the project's quota in OpenStack by clusters as they would be; nothing when the quota is not known yet. */
export async function quotaViolations(
  tx: WriteTransaction,
  projectId: string,
  pools: string,
  change: { readonly before: readonly Cluster[]; readonly after: readonly ClusterDemand[] },
): Promise<readonly Violation[]> {
  const quota = await tx.getQuota(projectId);
  if (quota === undefined) return [];
  const demands = { before: change.before.map(clusterDemand), after: change.after };
  return checkQuota(pools, demands, quota, await tx.listFlavors());
}

/** A cluster as far as quotas are concerned. */
export function clusterDemand({ id, pools, deleteRequestedAt }: Cluster): ClusterDemand {
  return { id, pools, deleting: deleteRequestedAt !== null };
}

/** The project's clusters with other pools in one of them. */
export function withPools(
  clusters: readonly Cluster[],
  clusterId: string,
  pools: readonly Demand[],
): readonly ClusterDemand[] {
  return clusters.map((cluster) =>
    cluster.id === clusterId ? { ...clusterDemand(cluster), pools } : clusterDemand(cluster),
  );
}
