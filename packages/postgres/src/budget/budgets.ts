import type { Queryable } from '../database.ts';

export interface Budget {
  /** For a month, in the currency of the prices; a decimal. */
  readonly amount: string;
  /** Percent of the amount at which to tell. */
  readonly thresholds: readonly number[];
}

/** The budget of the project that the transaction is for. */
export async function getBudget(db: Queryable): Promise<Budget | undefined> {
  const result = await db.query<Budget>(
    'select trim_scale(amount)::text as amount, thresholds from budgets where project_id = current_project()',
  );
  return result.rows[0];
}

export async function saveBudget(
  db: Queryable,
  { amount, thresholds, createdBy }: Budget & { readonly createdBy: string },
): Promise<void> {
  await db.query(
    `insert into budgets (project_id, amount, thresholds, created_by) values (current_project(), $1, $2, $3)
     on conflict (project_id) do update set amount = excluded.amount, thresholds = excluded.thresholds, created_by = excluded.created_by,
       updated_at = now()`,
    [amount, thresholds, createdBy],
  );
  // Another budget is reached anew.
  await db.query('delete from budget_alerts where project_id = current_project()');
}

export async function deleteBudget(db: Queryable): Promise<void> {
  await db.query('delete from budgets where project_id = current_project()');
  await db.query('delete from budget_alerts where project_id = current_project()');
}

/** Over all projects. */
export async function projectsWithBudget(db: Queryable): Promise<readonly string[]> {
  const result = await db.query<{ projectId: string }>('select project_id as "projectId" from projects_with_budget()');
  return result.rows.map(({ projectId }) => projectId);
}

/** The thresholds that are reached and were not told of in this month; from now on they were. */
export async function noteReached(
  db: Queryable,
  { month, basis, cost }: { readonly month: Date; readonly basis: 'spent' | 'forecast'; readonly cost: string },
): Promise<readonly number[]> {
  const result = await db.query<{ threshold: number }>(
    `insert into budget_alerts (project_id, month, basis, threshold)
     select project_id, $1::timestamptz at time zone 'UTC', $2, threshold from budgets, unnest(thresholds) threshold
     where project_id = current_project() and $3::numeric * 100 >= amount * threshold
     on conflict do nothing returning threshold`,
    [month, basis, cost],
  );
  return result.rows.map(({ threshold }) => threshold).toSorted((a, b) => a - b);
}
