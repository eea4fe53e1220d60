import { monthOf } from '@matryoshka/application';
import type { Cost } from '@matryoshka/contract';
import { hoursPerMonth } from '@matryoshka/domain';
import { costs, getBudget, listPriceLists, type Queryable, usageLines } from '@matryoshka/postgres';

const hourMs = 3_600_000;

/** The cost of the month of `now`, of what the transaction may see. */
export async function costOf(tx: Queryable, now: Date): Promise<Cost> {
  const month = monthOf(now);
  const question = { ...month, interval: 'total' } as const;
  const spent = await costs(tx, { ...question, runningUntil: now });
  const forecast = await costs(tx, { ...question, runningUntil: month.to });
  // An hour of what runs now, at the prices of now: all that runs has begun by then and ends after it.
  const soon = new Date(now.getTime() + hoursPerMonth * hourMs);
  const running = await costs(tx, { from: now, to: soon, runningUntil: soon, interval: 'total' });
  const lines = await usageLines(tx, { ...question, runningUntil: now });
  const names = new Map(lines.map(({ clusterId, clusterName }) => [clusterId, clusterName]));
  const valid = (await listPriceLists(tx)).find(({ validFrom }) => validFrom <= now);
  const budget = await getBudget(tx);
  return {
    month: month.from.toISOString(),
    currency: valid?.currency ?? null,
    spent: spent.total,
    forecast: forecast.total,
    perMonth: running.total,
    budget: budget === undefined ? null : { amount: budget.amount, thresholds: [...budget.thresholds] },
    clusters: [...names].map(([clusterId, clusterName]) => ({
      ...{ clusterId, clusterName },
      spent: spent.clusters.get(clusterId) ?? '0',
      forecast: forecast.clusters.get(clusterId) ?? '0',
      perMonth: running.clusters.get(clusterId) ?? '0',
    })),
  };
}
