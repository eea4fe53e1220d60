import { isOpen, type Limits, newerPatch, type Operation, poolBehind } from '@matryoshka/domain';
import { clockwork } from '../access/clockwork.ts';
import { updateCluster } from '../cluster/change-cluster.ts';
import { readCatalogue } from '../cluster/limits.ts';
import { updatePool } from '../pool/pools.ts';
import type { WriteTransaction } from '../store.ts';

/**
 * Begins the next step to the newest patch of a cluster that wants it, when its window is open and it is in order: its control plane, or one of its pools. Answers the
 * operation, undefined when there is nothing to do now: somebody else may have begun it, or closed the window meanwhile.
 */
export async function beginDuePatch(
  tx: WriteTransaction,
  where: { readonly projectId: string; readonly clusterId: string; readonly requestId: string },
  { limits, issuerUrl, now }: { readonly limits: Limits; readonly issuerUrl: string; readonly now: Date },
): Promise<Operation | undefined> {
  await tx.lockProject(where.projectId);
  const cluster = await tx.getClusterForUpdate(where.clusterId);
  if (cluster === undefined || cluster.deleteRequestedAt !== null || cluster.status.phase !== 'ready') return undefined;
  // What was asked for and has not been looked at yet comes first.
  if (cluster.observedGeneration !== cluster.generation) return undefined;
  const { maintenance, kubernetesVersion, pools } = cluster;
  if (maintenance.autoUpgrade !== 'patch' || !isOpen(maintenance, now)) return undefined;
  const caller = clockwork(where, 'maintenance');
  const common = { clusterId: cluster.id, shape: [], ifMatch: undefined };
  const { catalogue } = await readCatalogue(tx);
  const patch = newerPatch(kubernetesVersion, catalogue.versions);
  if (patch !== undefined)
    return await updateCluster(tx, caller, { ...common, body: { kubernetesVersion: patch }, issuerUrl, now });
  const pool = poolBehind(kubernetesVersion, pools);
  // One whose image the provider took away since would be refused, every minute.
  const isOffered = catalogue.versions.some(({ version, hasImage }) => version === kubernetesVersion && hasImage);
  if (pool === undefined || !isOffered || pool.rollout.paused) return undefined;
  return await updatePool(tx, caller, { ...common, limits, poolName: pool.name, body: { kubernetesVersion } });
}
