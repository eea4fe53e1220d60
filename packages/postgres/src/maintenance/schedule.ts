import type { MaintenanceSettings } from '@matryoshka/domain';
import type { Queryable } from '../database.ts';

export interface PatchedCluster {
  readonly clusterId: string;
  readonly projectId: string;
  readonly maintenance: MaintenanceSettings;
}

/** Clusters of all projects that are in order and that the service keeps at the newest patch. */
export async function clustersToPatch(db: Queryable): Promise<readonly PatchedCluster[]> {
  const { rows } = await db.query<PatchedCluster>(
    'select cluster_id as "clusterId", project_id as "projectId", maintenance from clusters_to_patch()',
  );
  return rows;
}
