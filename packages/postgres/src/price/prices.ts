import { hoursPerMonth, type Metered, type MeteredItem } from '@matryoshka/domain';
import type { Queryable } from '../database.ts';

/** Amounts of money are decimals as text: a floating-point number would lose cents. */
export interface Price {
  readonly item: MeteredItem;
  /** Tier or flavor; empty: for every kind that has no price of its own. */
  readonly sku: string;
  readonly perHour: string;
}

export interface PriceList {
  readonly id: string;
  /** ISO 4217. */
  readonly currency: string;
  readonly validFrom: Date;
  /** Null: until further notice. */
  readonly validUntil: Date | null;
  readonly createdBy: string;
  readonly prices: readonly Price[];
}

/** All lists, the latest first. */
export async function listPriceLists(db: Queryable): Promise<readonly PriceList[]> {
  const result = await db.query<PriceList>(
    `select id, currency, valid_from as "validFrom", lead(valid_from) over (order by valid_from) as "validUntil", created_by as "createdBy",
       coalesce((select jsonb_agg(jsonb_build_object('item', item, 'sku', sku, 'perHour', trim_scale(per_hour)::text) order by item, sku)
         from prices where list_id = id), '[]') as prices
     from price_lists order by valid_from desc`,
  );
  return result.rows;
}

/** One writer of price lists at a time, until the end of the transaction. */
export async function lockPriceLists(db: Queryable): Promise<void> {
  await db.query('select pg_advisory_xact_lock(7260502)');
}

export async function insertPriceList(
  db: Queryable,
  list: Pick<PriceList, 'id' | 'currency' | 'validFrom' | 'createdBy' | 'prices'>,
): Promise<void> {
  const { id, currency, validFrom, createdBy, prices } = list;
  await db.query('insert into price_lists (id, currency, valid_from, created_by) values ($1, $2, $3, $4)', [
    ...[id, currency, validFrom, createdBy],
  ]);
  await db.query(
    `insert into prices (list_id, item, sku, per_hour)
     select $1, item, sku, "perHour" from jsonb_to_recordset($2) as p(item text, sku text, "perHour" numeric)`,
    [id, JSON.stringify(prices)],
  );
}

export async function deletePriceList(db: Queryable, id: string): Promise<void> {
  await db.query('delete from price_lists where id = $1', [id]);
}

/** What one of an item costs at that time, by kind; empty: every other kind. */
export async function pricesPerHour(db: Queryable, item: MeteredItem, at: Date): Promise<ReadonlyMap<string, string>> {
  const result = await db.query<{ sku: string; perHour: string }>(
    `select sku, trim_scale(per_hour)::text as "perHour" from prices join price_periods p on p.id = list_id
     where item = $1 and p.valid_from <= $2 and $2 < p.valid_to`,
    [item, at],
  );
  return new Map(result.rows.map(({ sku, perHour }) => [sku, perHour]));
}

export interface Quote {
  /** Null: no price list is valid. */
  readonly currency: string | null;
  /** In the order of the question; null for what has no price. */
  readonly perMonth: readonly (string | null)[];
  /** Of everything that has a price. */
  readonly total: { readonly perHour: string; readonly perMonth: string };
}

/** What things cost at that time; null among them costs nothing of its own. */
export async function quote(db: Queryable, things: readonly (Metered | null)[], at: Date): Promise<Quote> {
  const result = await db.query<{
    currency: string | null;
    perMonth: readonly (string | null)[];
    hour: string;
    month: string;
  }>(
    `with priced as (
       select t.n, t.quantity * price_of(p.id, t.item, t.sku) as cost, p.currency
       from price_periods p
       left join jsonb_to_recordset($1) as t(n integer, item text, sku text, quantity numeric) on true
       where p.valid_from <= $2 and $2 < p.valid_to
     )
     select max(currency) as currency, coalesce(json_agg(trim_scale(round(cost * $3, 6))::text order by n), '[]') as "perMonth",
       trim_scale(round(coalesce(sum(cost), 0), 6))::text as hour, trim_scale(round(coalesce(sum(cost), 0) * $3, 6))::text as month
     from priced`,
    [JSON.stringify(things.map((thing, n) => ({ n, ...thing }))), at, hoursPerMonth],
  );
  const row = result.rows[0];
  if (row === undefined) throw new Error('a sum has one row');
  const { currency, perMonth, hour, month } = row;
  return { currency, perMonth: things.map((_, n) => perMonth[n] ?? null), total: { perHour: hour, perMonth: month } };
}
