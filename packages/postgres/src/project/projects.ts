import type { Queryable } from '../database.ts';

/** Makes a project known, or follows a change of its name. */
export async function saveProject(
  db: Queryable,
  project: { readonly id: string; readonly name: string },
): Promise<void> {
  await db.query(
    `insert into projects (id, name) values ($1, $2)
     on conflict (id) do update set name = excluded.name where projects.name <> excluded.name`,
    [project.id, project.name],
  );
}

/** Every project somebody has logged in to: those whose quota is worth following. */
export async function listProjects(db: Queryable): Promise<readonly { readonly id: string; readonly name: string }[]> {
  const result = await db.query<{ id: string; name: string }>('select id, name from projects order by id');
  return result.rows;
}
