import { appendEvent, getBudget, inProject, noteReached, type Pool, projectsWithBudget } from '@matryoshka/postgres';
import { errorMessage, type Logger, repeatedly } from '@matryoshka/system';
import { costOfMonth } from '../usage/cost.ts';

/**
 * Tells of budgets that are reached, now and after every interval, until the signal aborts. That it was told is part of the transaction of the
 * event: several processes may do so at once.
 */
export async function runBudgetWatch(options: {
  readonly pool: Pool;
  readonly now: () => Date;
  readonly log: Logger;
  readonly intervalMs: number;
  readonly signal: AbortSignal;
}): Promise<void> {
  const { pool, now, log, intervalMs, signal } = options;
  const failed = (error: unknown): void => log.warn({ reason: errorMessage(error) }, 'the watch of budgets failed');
  await repeatedly({ intervalMs, signal, failed }, async () => {
    for (const projectId of await projectsWithBudget(pool)) {
      if (signal.aborted) return;
      await watchBudget(pool, projectId, now());
    }
  });
}

async function watchBudget(pool: Pool, projectId: string, now: Date): Promise<void> {
  await inProject(pool, { projectId, clusterIds: null }, async (tx) => {
    const budget = await getBudget(tx);
    if (budget === undefined) return;
    const { month, spent, forecast } = await costOfMonth(tx, now);
    const known = { amount: budget.amount, spent: spent.total, forecast: forecast.total, month: month.toISOString() };
    for (const [basis, { total: cost }] of [
      ['spent', spent],
      ['forecast', forecast],
    ] as const)
      for (const threshold of await noteReached(tx, { month, basis, cost }))
        await appendEvent(tx, {
          projectId,
          type: 'budget.reached',
          data: { basis, threshold, ...known, currency: forecast.currency },
        });
  });
}
