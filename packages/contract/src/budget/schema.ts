import { type Static, Type } from 'typebox';
import { Decimal } from '../common.ts';

export const BudgetSet = Type.Object(
  {
    amount: Decimal('For a month, in the currency of the prices'),
    thresholds: Type.Optional(
      Type.Array(Type.Integer({ minimum: 1, maximum: 1_000 }), {
        minItems: 1,
        maxItems: 10,
        uniqueItems: true,
        default: [50, 80, 100],
        description: 'Percent of the amount at which the event `budget.reached` comes, once a month each',
      }),
    ),
  },
  { $id: 'BudgetSet', additionalProperties: false },
);
export type BudgetSet = Static<typeof BudgetSet>;
