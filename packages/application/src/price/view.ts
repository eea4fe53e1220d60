import type { PriceList } from '@matryoshka/contract';

/** A price list as the API shows it. */
export function priceListView(list: {
  readonly id: string;
  readonly currency: string;
  readonly validFrom: Date;
  readonly validUntil: Date | null;
  readonly prices: readonly Readonly<PriceList['prices'][number]>[];
}): PriceList {
  const { id, currency, validFrom, validUntil, prices } = list;
  return {
    ...{ id, currency },
    validFrom: validFrom.toISOString(),
    validUntil: validUntil?.toISOString() ?? null,
    prices: prices.map((price) => ({ ...price })),
  };
}
