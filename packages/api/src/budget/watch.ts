import { monthOf } from '@matryoshka/application';
import { appendEvent, inProject, noteReached, type Pool, projectsWithBudget } from '@matryoshka/postgres';
import { errorMessage, type Logger, sleep } from '@matryoshka/system';
import { costOf } from '../usage/cost.ts';

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
  while (!signal.aborted) {
    try {
      for (const projectId of await projectsWithBudget(pool)) {
        if (signal.aborted) return;
        await watchBudget(pool, projectId, now());
      }
    } catch (error) {
      // The next round does what this one left.
      log.warn({ reason: errorMessage(error) }, 'the watch of budgets failed');
    }
    await sleep(intervalMs, signal).catch(() => undefined);
  }
}

async function watchBudget(pool: Pool, projectId: string, now: Date): Promise<void> {
  await inProject(pool, { projectId, clusterIds: null }, async (tx) => {
    const { spent, forecast, currency, budget, month } = await costOf(tx, now);
    if (budget === null) return;
    for (const basis of ['spent', 'forecast'] as const) {
      const cost = basis === 'spent' ? spent : forecast;
      for (const threshold of await noteReached(tx, { month: monthOf(now).from, basis, cost }))
        await appendEvent(tx, {
          projectId,
          type: 'budget.reached',
          data: { basis, threshold, amount: budget.amount, spent, forecast, currency, month },
        });
    }
  });
}
