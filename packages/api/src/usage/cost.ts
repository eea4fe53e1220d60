import { monthOf } from '@matryoshka/application';
import type { Cost } from '@matryoshka/contract';
import { hoursPerMonth } from '@matryoshka/domain';
import { type ClusterCost, costs, getBudget, listPriceLists, type Queryable } from '@matryoshka/postgres';

const hourMs = 3_600_000;

/** What the month of `now` cost until then, and what it will have cost at its end if all that runs goes on. */
export async function costOfMonth(tx: Queryable, now: Date) {
  const month = { ...monthOf(now), interval: 'total' } as const;
  return {
    month: month.from,
    spent: await costs(tx, { ...month, runningUntil: now }),
    forecast: await costs(tx, { ...month, runningUntil: month.to }),
  };
}

/** The cost of the month of `now`, of what the transaction may see. */
export async function costOf(tx: Queryable, now: Date): Promise<Cost> {
  const { month, spent, forecast } = await costOfMonth(tx, now);
  // As many hours as a month has, of what runs now.
  const to = new Date(now.getTime() + hoursPerMonth * hourMs);
  const running = await costs(tx, { from: now, to, runningUntil: to, interval: 'total' });
  const valid = (await listPriceLists(tx)).find(({ validFrom }) => validFrom <= now);
  const budget = await getBudget(tx);
  const [forecasts, months] = [byCluster(forecast.clusters), byCluster(running.clusters)];
  return {
    month: month.toISOString(),
    currency: valid?.currency ?? null,
    spent: spent.total,
    forecast: forecast.total,
    perMonth: running.total,
    budget: budget === undefined ? null : { amount: budget.amount, thresholds: [...budget.thresholds] },
    clusters: spent.clusters.map(({ clusterId, clusterName, cost }) => ({
      ...{ clusterId, clusterName, spent: cost },
      forecast: forecasts.get(clusterId) ?? '0',
      perMonth: months.get(clusterId) ?? '0',
    })),
  };
}

const byCluster = (clusters: readonly ClusterCost[]): ReadonlyMap<string, string> =>
  new Map(clusters.map(({ clusterId, cost }) => [clusterId, cost]));
