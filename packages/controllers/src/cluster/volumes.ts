import { absent, type Cluster, type Looked, present, unknown } from '@matryoshka/domain';
import { isOpenStackError, type Volume, type VolumeSnapshot } from '@matryoshka/openstack';
import { errorMessage } from '@matryoshka/system';
import { clusterKey } from '../resource/recognise.ts';
import type { ClusterContext } from './context.ts';

interface Made {
  readonly volume: Volume;
  readonly snapshots: readonly VolumeSnapshot[];
}

/** What was made for the cluster, but for volumes that hang on a snapshot of somebody else: those cannot go. */
async function list(context: ClusterContext, cluster: Cluster, signal: AbortSignal): Promise<readonly Made[]> {
  const query = { all_tenants: true, project_id: cluster.projectId };
  const isOurs = ({ metadata }: Pick<Volume, 'metadata'>): boolean => metadata[clusterKey] === cluster.id;
  const volumes = (await context.cloud.cinder.volumes.list(query, signal)).filter(isOurs);
  if (volumes.length === 0) return [];
  const snapshots = await context.cloud.cinder.snapshots.list(query, signal);
  return volumes
    .map((volume) => ({ volume, snapshots: snapshots.filter(({ volume_id }) => volume_id === volume.id) }))
    .filter((made) => made.snapshots.every(isOurs));
}

/** How many volumes of a cluster that is being deleted are left; absent when they shall be kept. */
export async function leftoverVolumes(
  context: ClusterContext,
  cluster: Cluster,
  signal: AbortSignal,
): Promise<Looked<number>> {
  if (cluster.volumesOnDelete === 'keep') return absent;
  try {
    return present((await list(context, cluster, signal)).length);
  } catch (error) {
    // The catalogue has no block storage.
    return isOpenStackError(error, 404) ? absent : unknown(errorMessage(error));
  }
}

/** Deletes them with their snapshots. What Cinder is busy with, or a server still holds, is left for the next turn. */
export async function deleteLeftoverVolumes(
  context: ClusterContext,
  cluster: Cluster,
  signal: AbortSignal,
): Promise<void> {
  const { cinder } = context.cloud;
  const deletable = ({ status }: { readonly status: string }): boolean =>
    status === 'available' || /^error/.test(status);
  for (const { volume, snapshots } of await list(context, cluster, signal)) {
    for (const snapshot of snapshots.filter(deletable)) await cinder.snapshots.delete(snapshot.id, signal);
    if (snapshots.length === 0 && deletable(volume)) await cinder.volumes.delete(volume.id, signal);
  }
}
