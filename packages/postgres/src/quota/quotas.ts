import type { ProjectQuota } from '@matryoshka/domain';
import type { Queryable } from '../database.ts';

/** Keeps what a project's quota looks like now; an unchanged one is only marked as fresh. */
export async function replaceProjectQuota(db: Queryable, projectId: string, quota: ProjectQuota): Promise<void> {
  await db.query(
    `insert into project_quotas (project_id, limits, clusters) values ($1, $2, $3)
     on conflict (project_id) do update set limits = excluded.limits, clusters = excluded.clusters, synced_at = now()`,
    [projectId, JSON.stringify(quota.limits), JSON.stringify(quota.clusters)],
  );
}

/** What the controller saw last and when; undefined when it never did for this project. */
export async function getProjectQuota(
  db: Queryable,
  projectId: string,
): Promise<(ProjectQuota & { readonly syncedAt: Date }) | undefined> {
  const result = await db.query<ProjectQuota & { syncedAt: Date }>(
    'select limits, clusters, synced_at as "syncedAt" from project_quotas where project_id = $1',
    [projectId],
  );
  return result.rows[0];
}
