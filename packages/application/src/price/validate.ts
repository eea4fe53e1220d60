import { collectViolations, meteredItems, type Violation } from '@matryoshka/domain';

interface Facts {
  readonly now: Date;
  /** The latest list there is. */
  readonly last: { readonly currency: string; readonly validFrom: Date } | undefined;
  readonly flavors: readonly string[];
  readonly tiers: readonly string[];
}

/** Clocks differ a little: so far back is still now. */
const toleranceMs = 60_000;

/** Rules for a price list that the shape of its body does not know. */
export function validatePriceList(body: unknown, { now, last, flavors, tiers }: Facts): readonly Violation[] {
  return collectViolations((report) => {
    if (typeof body !== 'object' || body === null) return;
    const { currency, validFrom, prices } = body as Readonly<Record<string, unknown>>;
    if (last !== undefined && typeof currency === 'string' && currency !== last.currency)
      report(
        '/currency',
        'other_currency',
        `the lists before are in ${last.currency}; months cannot add up two`,
        last.currency,
      );
    const from = typeof validFrom === 'string' ? new Date(validFrom) : now;
    if (Number.isNaN(from.getTime())) return;
    if (from.getTime() < now.getTime() - toleranceMs)
      report('/validFrom', 'in_the_past', 'what was used has its price already', now.toISOString());
    if (last !== undefined && from <= last.validFrom)
      report(
        '/validFrom',
        'before_the_last',
        `a list is valid from ${last.validFrom.toISOString()} on; withdraw it or begin later`,
      );
    if (!Array.isArray(prices)) return;
    const seen = new Set<string>();
    for (const [n, price] of prices.entries()) {
      const { item, sku } = (price ?? {}) as Readonly<Record<string, unknown>>;
      if (typeof item !== 'string' || typeof sku !== 'string') continue;
      if (!meteredItems.some((known) => known === item)) continue;
      const key = `${item}/${sku}`;
      if (seen.has(key)) report(`/prices/${n}`, 'twice', `${key} has a price already`);
      seen.add(key);
      const kinds = item === 'node' ? flavors : item === 'control-plane' ? tiers : [];
      if (sku !== '' && !kinds.includes(sku))
        report(
          `/prices/${n}/sku`,
          'unknown_sku',
          kinds.length === 0 ? `${item} has no kinds` : `none of ${kinds.join(', ')}`,
          '',
        );
    }
  });
}
