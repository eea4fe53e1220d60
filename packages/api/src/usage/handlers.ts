import { periodOf, refuseViolations } from '@matryoshka/application';
import { costs, inFleet, inProject, type Queryable, type UsageQuestion, usageLines } from '@matryoshka/postgres';
import type { PlainHandlers } from '../http/incoming.ts';
import { costOf } from './cost.ts';

/** The question that a query asks. Throws `validation_failed`. */
function questionOf(query: Parameters<typeof periodOf>[0] & { readonly clusterId?: string }, now: Date): UsageQuestion {
  const { period, violations } = periodOf(query, now);
  refuseViolations(violations);
  const { clusterId } = query;
  return { ...period, runningUntil: now, ...(clusterId === undefined ? {} : { clusterId }) };
}

/** What the transaction may see of it, line by line and in sum. */
async function usageOf(tx: Queryable, question: UsageQuestion) {
  const lines = await usageLines(tx, question);
  const { currency, total } = await costs(tx, { ...question, interval: 'total' });
  return {
    ...{ from: question.from.toISOString(), to: question.to.toISOString(), currency, total },
    lines: lines.map(({ from, ...line }) => ({ from: from.toISOString(), ...line })),
  };
}

export const usageHandlers: Pick<PlainHandlers, 'usage.get' | 'usage.fleet' | 'cost.get'> = {
  'usage.get': async ({ pool, now }, { caller, query }) => {
    const question = questionOf(query, now());
    const { lines, ...usage } = await inProject(pool, caller, async (tx) => await usageOf(tx, question));
    return { data: { ...usage, lines: lines.map(({ projectId: _, ...line }) => line) } };
  },
  'usage.fleet': async ({ pool, now }, { query }) => {
    const question = questionOf(query, now());
    return { data: await inFleet(pool, async (tx) => await usageOf(tx, question)) };
  },
  'cost.get': async ({ pool, now }, { caller }) => ({
    data: await inProject(pool, caller, async (tx) => await costOf(tx, now())),
  }),
};
