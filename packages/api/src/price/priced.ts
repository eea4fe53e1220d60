import { type Cluster, type DeletionItem, meteredAs } from '@matryoshka/domain';
import { type Queryable, type Quote, quote } from '@matryoshka/postgres';

/** The parts of a cluster, each with what it costs in a month; null: it has no price of its own. */
export async function pricedItems<Item extends DeletionItem>(
  tx: Queryable,
  cluster: Pick<Cluster, 'tier' | 'pools'>,
  items: readonly Item[],
  at: Date,
): Promise<Pick<Quote, 'currency' | 'total'> & { readonly items: readonly (Item & { perMonth: string | null })[] }> {
  const { currency, perMonth, total } = await quote(
    tx,
    items.map((item) => meteredAs(cluster, item)),
    at,
  );
  return { currency, total, items: items.map((item, n) => ({ ...item, perMonth: perMonth[n] ?? null })) };
}
