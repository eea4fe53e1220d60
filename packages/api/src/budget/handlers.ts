import { refuseViolations } from '@matryoshka/application';
import { deleteBudget, getBudget, saveBudget } from '@matryoshka/postgres';
import type { WriteHandlers } from '../http/incoming.ts';
import { costOf } from '../usage/cost.ts';

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
