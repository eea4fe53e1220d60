import type { Cost, FleetUsage, PriceList, UsageLine } from '@matryoshka/contract';
import type { View } from './format.ts';

/** An amount for people, rounded to a hundredth; amounts below are told as they are. */
export function money(amount: string | null, currency: string | null): string {
  if (amount === null) return '';
  const rounded = Number(amount) > 0 && Number(amount) < 0.01 ? amount : Number(amount).toFixed(2);
  return currency === null ? rounded : `${rounded} ${currency}`;
}

const lineColumns = (by: 'day' | 'hour' | undefined): View<UsageLine>['columns'] => [
  ...(by === undefined
    ? []
    : [
        {
          head: by.toUpperCase(),
          cell: ({ from }: UsageLine) => (by === 'day' ? from.slice(0, 10) : from.slice(0, 16)),
        },
      ]),
  { head: 'CLUSTER', cell: (line) => line.clusterName },
  { head: 'ITEM', cell: (line) => line.item },
  { head: 'KIND', cell: (line) => line.sku },
  { head: 'HOURS', cell: (line) => Number(line.quantity).toFixed(2) },
  { head: 'PER HOUR', cell: (line) => line.perHour ?? '' },
  { head: 'COST', cell: (line) => money(line.cost, null) },
  { head: 'CLUSTER ID', cell: (line) => line.clusterId, wide: true },
];

export const usageView = (by: 'day' | 'hour' | undefined): View<UsageLine> => ({
  name: ({ clusterId, item, sku }) => `${clusterId}/${item}/${sku}`,
  columns: lineColumns(by),
});

export const fleetUsageView = (by: 'day' | 'hour' | undefined): View<FleetUsage['lines'][number]> => ({
  name: ({ projectId, clusterId, item, sku }) => `${projectId}/${clusterId}/${item}/${sku}`,
  columns: [{ head: 'PROJECT', cell: ({ projectId }) => projectId }, ...lineColumns(by)],
});

export const costView: View<Cost['clusters'][number]> = {
  name: ({ clusterId }) => clusterId,
  columns: [
    { head: 'CLUSTER', cell: ({ clusterName }) => clusterName },
    { head: 'SPENT', cell: ({ spent }) => money(spent, null) },
    { head: 'FORECAST', cell: ({ forecast }) => money(forecast, null) },
    { head: 'PER MONTH NOW', cell: ({ perMonth }) => money(perMonth, null) },
    { head: 'ID', cell: ({ clusterId }) => clusterId, wide: true },
  ],
};

export const priceView: View<Omit<PriceList, 'prices'> & PriceList['prices'][number]> = {
  name: ({ id, item, sku }) => `${id}/${item}/${sku}`,
  columns: [
    { head: 'ITEM', cell: ({ item }) => item },
    { head: 'KIND', cell: ({ sku }) => sku || 'any other' },
    { head: 'PER HOUR', cell: ({ perHour, currency }) => `${perHour} ${currency}` },
    { head: 'FROM', cell: ({ validFrom }) => validFrom },
    { head: 'UNTIL', cell: ({ validUntil }) => validUntil ?? '' },
    { head: 'LIST', cell: ({ id }) => id },
  ],
};
