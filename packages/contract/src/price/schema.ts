import { type Static, Type } from 'typebox';
import { Decimal, orNull, Timestamp } from '../common.ts';

export const MeteredItem = Type.Enum([
  'control-plane',
  'node',
  'load-balancer',
  'floating-ip',
  'volume',
  'volume-snapshot',
]);

const Price = Type.Object(
  {
    item: MeteredItem,
    sku: Type.String({
      maxLength: 255,
      description: 'Tier of a control plane or flavor of a node; empty: every kind that has no price of its own',
    }),
    perHour: Decimal('Of one, or of a GiB of a volume or snapshot'),
  },
  { additionalProperties: false },
);

const currency = Type.String({ pattern: '^[A-Z]{3}$', description: 'ISO 4217', examples: ['EUR'] });

export const PriceListCreate = Type.Object(
  {
    currency,
    validFrom: Type.Optional({ ...Timestamp, description: 'Not in the past; default: now' }),
    prices: Type.Array(Price, { minItems: 1, maxItems: 1_000 }),
  },
  { $id: 'PriceListCreate', additionalProperties: false },
);
export type PriceListCreate = Static<typeof PriceListCreate>;

export const PriceList = Type.Object(
  {
    id: Type.String({ examples: ['pl-4k2j8d0s7aqz'] }),
    currency,
    validFrom: Timestamp,
    validUntil: orNull(Timestamp, 'null: until further notice'),
    prices: Type.Array(Price),
  },
  { $id: 'PriceList', additionalProperties: false },
);
export type PriceList = Static<typeof PriceList>;
