import { type Catalogue, type Cluster, checkQuota, type Demand, type Violation } from '@matryoshka/domain';
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
      versions: versions.map(({ version, state, imageId }) => ({ version, state, hasImage: imageId !== null })),
      flavors: flavors.map((flavor) => flavor.name),
    },
  };
}

/** Violations of the project's quota in Nova by workers that are added; nothing when the quota is not known yet. */
export async function quotaViolations(
  tx: WriteTransaction,
  projectId: string,
  pointer: string,
  added: readonly Demand[],
): Promise<readonly Violation[]> {
  const quota = await tx.getQuota(projectId);
  if (quota === undefined) return [];
  const clusters = await tx.listAllClusters();
  return checkQuota(pointer, added, clusters.flatMap(promisedWorkers), quota, await tx.listFlavors());
}

/** Workers that are wanted but do not exist yet: Nova does not count them. */
function promisedWorkers(cluster: Cluster): readonly Demand[] {
  if (cluster.deleteRequestedAt !== null) return [];
  return cluster.pools.map((pool) => {
    const machines = cluster.status.pools.find((status) => status.name === pool.name)?.machines ?? 0;
    return { flavor: pool.flavor, count: Math.max(0, pool.count - machines) };
  });
}
