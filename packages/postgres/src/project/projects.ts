import type { Queryable } from '../database.ts';

/** Makes a project known, or follows a change of its name. */
export async function saveProject(
  db: Queryable,
  project: { readonly id: string; readonly name: string; readonly domainId?: string },
): Promise<void> {
  await db.query(
    `insert into projects (id, name, domain_id) values ($1, $2, $3)
     on conflict (id) do update set name = excluded.name, domain_id = coalesce(excluded.domain_id, projects.domain_id)
     where projects.name <> excluded.name or projects.domain_id is distinct from coalesce(excluded.domain_id, projects.domain_id)`,
    [project.id, project.name, project.domainId ?? null],
  );
}

/** Every project somebody has logged in to: those whose quota is worth following. */
export async function listProjects(db: Queryable): Promise<readonly { readonly id: string; readonly name: string }[]> {
  const result = await db.query<{ id: string; name: string }>('select id, name from projects order by id');
  return result.rows;
}
