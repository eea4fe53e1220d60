import type { VolumePolicy } from '@matryoshka/domain';
import type { Queryable } from '../database.ts';

/** A deletion shall begin at `at`; null: it shall not any more. Nothing else of the cluster changes, its generation included. */
export async function scheduleDeletion(
  db: Queryable,
  clusterId: string,
  scheduled: { readonly at: Date; readonly volumes: VolumePolicy } | null,
): Promise<void> {
  await db.query(
    'update clusters set delete_scheduled_at = $2, volumes_on_delete = coalesce($3, volumes_on_delete), updated_at = now() where id = $1',
    [clusterId, scheduled?.at ?? null, scheduled?.volumes ?? null],
  );
}

/** Clusters of all projects whose time has come: the end of a grace period, or an expiration date. The most overdue first. */
export async function clustersToDelete(
  db: Queryable,
  most: number,
): Promise<readonly { readonly clusterId: string; readonly projectId: string }[]> {
  const result = await db.query<{ clusterId: string; projectId: string }>(
    'select cluster_id as "clusterId", project_id as "projectId" from clusters_to_delete($1)',
    [most],
  );
  return result.rows;
}
