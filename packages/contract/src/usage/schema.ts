import { type Static, Type } from 'typebox';
import { Decimal, orNull, Timestamp } from '../common.ts';
import { MeteredItem } from '../price/schema.ts';

const line = {
  from: { ...Timestamp, description: 'Beginning of the part of time' },
  clusterId: Type.String(),
  clusterName: Type.String(),
  item: MeteredItem,
  sku: Type.String({ description: 'Tier or flavor; empty where there are no kinds' }),
  quantity: Decimal('Hours; of volumes and snapshots GiB-hours'),
  perHour: orNull(Decimal('The price that was valid'), 'null: none'),
  cost: orNull(Decimal('Rounded to a millionth'), 'null: it has no price'),
};

export const UsageLine = Type.Object(line, { $id: 'UsageLine', additionalProperties: false });
export type UsageLine = Static<typeof UsageLine>;

const usageOf = <T extends Parameters<typeof Type.Array>[0]>(lines: T) => ({
  from: Timestamp,
  to: { ...Timestamp, description: 'Not included; what runs still is counted until now' },
  currency: orNull(Type.String(), 'null: nothing of it has a price'),
  total: Decimal('Rounded once, not line by line'),
  lines: Type.Array(lines),
});

export const Usage = Type.Object(usageOf(UsageLine), { $id: 'Usage', additionalProperties: false });
export type Usage = Static<typeof Usage>;

const FleetUsageLine = Type.Object(
  { projectId: Type.String(), ...line },
  { $id: 'FleetUsageLine', additionalProperties: false },
);
export const FleetUsage = Type.Object(usageOf(FleetUsageLine), { $id: 'FleetUsage', additionalProperties: false });
export type FleetUsage = Static<typeof FleetUsage>;

const from = { ...Timestamp, description: 'Default: the beginning of this month (UTC)' };
const to = { ...Timestamp, description: 'Not included. Default: now' };

export const usageQuery = {
  from: Type.Optional(from),
  to: Type.Optional(to),
  interval: Type.Optional(
    Type.Enum(['total', 'day', 'hour'], {
      default: 'total',
      description: 'Parts of time (UTC): days for at most 100 days, hours for at most 7',
    }),
  ),
};
