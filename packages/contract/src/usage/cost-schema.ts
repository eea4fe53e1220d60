import { type Static, Type } from 'typebox';
import { Decimal, orNull, Timestamp } from '../common.ts';

const amounts = {
  spent: Decimal('From the beginning of the month until now'),
  forecast: Decimal('At the end of the month, if all that runs now goes on'),
  perMonth: Decimal('What runs now, in a month of 730 hours'),
};

export const Cost = Type.Object(
  {
    month: { ...Timestamp, description: 'Its beginning (UTC)' },
    currency: orNull(Type.String(), 'null: there is no price list'),
    ...amounts,
    budget: orNull(
      Type.Object(
        { amount: Decimal('For a month'), thresholds: Type.Array(Type.Integer()) },
        { additionalProperties: false },
      ),
      'null: there is none',
    ),
    clusters: Type.Array(
      Type.Object(
        { clusterId: Type.String(), clusterName: Type.String(), ...amounts },
        { additionalProperties: false },
      ),
    ),
  },
  { $id: 'Cost', additionalProperties: false },
);
export type Cost = Static<typeof Cost>;
