import type { HibernationSettings } from '@matryoshka/domain';
import type { Queryable } from '../database.ts';

export interface ScheduledCluster {
  readonly clusterId: string;
  readonly projectId: string;
  readonly hibernation: HibernationSettings;
  readonly decidedAt: Date;
}

/** Clusters of all projects that sleep and wake by schedules. */
export async function clustersWithHibernation(db: Queryable): Promise<readonly ScheduledCluster[]> {
  const { rows } = await db.query<ScheduledCluster>(
    `select cluster_id as "clusterId", project_id as "projectId", decided_at as "decidedAt",
       jsonb_build_object('hibernated', hibernated, 'schedules', schedules) as hibernation
     from clusters_with_hibernation()`,
  );
  return rows;
}
