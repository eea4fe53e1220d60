import { periodOf, refuseViolations } from '@matryoshka/application';
import { costs, deleteBudget, getBudget, inFleet, inProject, saveBudget, usageLines } from '@matryoshka/postgres';
import type { PlainHandlers, WriteHandlers } from '../http/incoming.ts';
import { costOf } from './cost.ts';

export const usageHandlers: Pick<PlainHandlers, 'usage.get' | 'usage.fleet' | 'cost.get'> = {
  'usage.get': async ({ pool, now }, { caller, query }) => {
    const { period, violations } = periodOf(query, now());
    refuseViolations(violations);
    const { clusterId } = query;
    const question = { ...period, runningUntil: now(), ...(clusterId === undefined ? {} : { clusterId }) };
    return await inProject(pool, caller, async (tx) => {
      const lines = await usageLines(tx, question);
      const { currency, total } = await costs(tx, { ...question, interval: 'total' });
      return {
        data: {
          ...{ from: period.from.toISOString(), to: period.to.toISOString(), currency, total },
          lines: lines.map(({ projectId: _, from, ...line }) => ({ from: from.toISOString(), ...line })),
        },
      };
    });
  },
  'usage.fleet': async ({ pool, now }, { query }) => {
    const { period, violations } = periodOf(query, now());
    refuseViolations(violations);
    const question = { ...period, runningUntil: now() };
    return await inFleet(pool, async (tx) => {
      const lines = await usageLines(tx, question);
      const { currency, total } = await costs(tx, { ...question, interval: 'total' });
      return {
        data: {
          ...{ from: period.from.toISOString(), to: period.to.toISOString(), currency, total },
          lines: lines.map(({ from, ...line }) => ({ from: from.toISOString(), ...line })),
        },
      };
    });
  },
  'cost.get': async ({ pool, now }, { caller }) => ({
    data: await inProject(pool, caller, async (tx) => await costOf(tx, now())),
  }),
};

export const budgetWrites: Pick<WriteHandlers, 'budget.set' | 'budget.delete'> = {
  'budget.set': async ({ now }, { tx, audit }, { caller, body, shape }) => {
    const zero = !/[1-9]/.test(String(body?.amount ?? '1'));
    const violation = { pointer: '/amount', code: 'too_small', message: 'must be more than nothing' };
    refuseViolations([...shape, ...(zero ? [violation] : [])]);
    const before = await getBudget(tx);
    const { amount, thresholds = [50, 80, 100] } = body;
    await saveBudget(tx, { amount, thresholds, createdBy: caller.userName });
    await audit({ resource: 'budget', ...(before === undefined ? {} : { before }), after: { amount, thresholds } });
    return { data: await costOf(tx, now()) };
  },
  'budget.delete': async (_context, { tx, audit }) => {
    const before = await getBudget(tx);
    await deleteBudget(tx);
    await audit({ resource: 'budget', ...(before === undefined ? {} : { before }) });
    return { data: undefined };
  },
};
