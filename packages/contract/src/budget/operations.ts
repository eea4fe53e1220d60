import { defineOperation } from '../operation-definition.ts';
import { Cost } from '../usage/cost-schema.ts';
import { BudgetSet } from './schema.ts';

export const budgetOperations = {
  'budget.set': defineOperation({
    method: 'PATCH',
    path: '/v1/budget',
    summary: 'Be told when a month costs more than this',
    description:
      'Nothing is stopped: an event `budget.reached` comes when a part of the amount was spent, and when the forecast for the end of the month says that it will be. Webhooks carry it further.',
    tag: 'usage',
    access: 'admin',
    body: BudgetSet,
    success: { status: 200, schema: Cost },
    write: true,
    wholeProject: true,
    idempotent: true,
    errors: [],
    cli: { command: 'budget set', summary: 'Set the budget of a month' },
  }),
  'budget.delete': defineOperation({
    method: 'DELETE',
    path: '/v1/budget',
    summary: 'Remove the budget',
    tag: 'usage',
    access: 'admin',
    success: { status: 204 },
    write: true,
    wholeProject: true,
    idempotent: true,
    errors: [],
    cli: { command: 'budget delete', summary: 'Remove the budget' },
  }),
};
