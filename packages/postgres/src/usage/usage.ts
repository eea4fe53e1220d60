import type { MeteredItem } from '@matryoshka/domain';
import type { Queryable } from '../database.ts';

export interface UsageLine {
  /** The beginning of the part of time; of all of it, when it was not parted. */
  readonly from: Date;
  readonly projectId: string;
  readonly clusterId: string;
  readonly clusterName: string;
  readonly item: MeteredItem;
  readonly sku: string;
  /** Hours, or GiB-hours; a decimal, as all amounts. */
  readonly quantity: string;
  /** Null: no price was valid. */
  readonly perHour: string | null;
  readonly cost: string | null;
}

export interface UsageQuestion {
  readonly from: Date;
  /** Not included. */
  readonly to: Date;
  /** What runs still is taken to run until then. For what was used: now; for a forecast: `to`. */
  readonly runningUntil: Date;
  readonly interval: 'total' | 'day' | 'hour';
  readonly clusterId?: string;
}

/** The spans of a question, cut at the ends of its parts of time and of price lists, each with its seconds and price. */
const pieces = `
  with parts as (
    select greatest(part, $1::timestamptz) as lo, least(lead(part, 1, $2::timestamptz) over (order by part), $2::timestamptz) as hi
    from (
      select $1::timestamptz as part where $4::text is null
      union all
      select part at time zone 'UTC' from generate_series(date_trunc($4, $1::timestamptz at time zone 'UTC'),
        ($2::timestamptz at time zone 'UTC') - interval '1 microsecond', ('1 ' || $4)::interval) part
    ) starts
  ), pieces as (
    select parts.lo as part, s.project_id, s.cluster_id, s.item, s.sku, s.quantity, p.currency, price_of(p.id, s.item, s.sku) as per_hour,
      extract(epoch from least(coalesce(s.ended_at, $3), $3, parts.hi, p.valid_to) - greatest(s.started_at, parts.lo, p.valid_from)) as seconds
    from usage_spans s
    join parts on s.started_at < parts.hi and coalesce(s.ended_at, $3) > parts.lo
    join price_periods p on p.valid_from < least(coalesce(s.ended_at, $3), $3, parts.hi) and p.valid_to > greatest(s.started_at, parts.lo)
    where $5::text is null or s.cluster_id = $5
  )`;
// A span that ended when it began was nothing, and a part of time that lies ahead has nothing yet.
const real = 'seconds > 0';

const parametersOf = ({ from, to, runningUntil, interval, clusterId }: UsageQuestion): readonly unknown[] => [
  from,
  to,
  runningUntil,
  interval === 'total' ? null : interval,
  clusterId ?? null,
];

/** What was used, of everything the transaction may see, with its cost. */
export async function usageLines(db: Queryable, question: UsageQuestion): Promise<readonly UsageLine[]> {
  const result = await db.query<UsageLine>(
    `${pieces}
     select part as "from", u.project_id as "projectId", cluster_id as "clusterId", c.name as "clusterName", item, sku,
       trim_scale(round(sum(u.quantity * seconds) / 3600, 6))::text as quantity, trim_scale(per_hour)::text as "perHour",
       trim_scale(round(sum(u.quantity * seconds * per_hour) / 3600, 6))::text as cost
     from pieces u join clusters c on c.id = cluster_id
     where ${real}
     group by part, u.project_id, cluster_id, c.name, item, sku, per_hour
     order by part, u.project_id, c.name, cluster_id, item, sku, per_hour nulls first`,
    [...parametersOf(question)],
  );
  return result.rows;
}

export interface ClusterCost {
  readonly clusterId: string;
  readonly clusterName: string;
  readonly cost: string;
}

/** What each cluster that used anything cost in that time, by name, and all of them; rounded once, at the end. */
export async function costs(
  db: Queryable,
  question: UsageQuestion,
): Promise<{ readonly currency: string | null; readonly total: string; readonly clusters: readonly ClusterCost[] }> {
  const result = await db.query<ClusterCost & { readonly isTotal: boolean; readonly currency: string | null }>(
    `${pieces}
     select grouping(cluster_id) = 1 as "isTotal", cluster_id as "clusterId", c.name as "clusterName", max(currency) as currency,
       trim_scale(round(coalesce(sum(u.quantity * seconds * per_hour), 0) / 3600, 6))::text as cost
     from pieces u join clusters c on c.id = cluster_id
     where ${real} group by grouping sets ((cluster_id, c.name), ()) order by c.name, cluster_id`,
    [...parametersOf(question)],
  );
  const all = result.rows.find(({ isTotal }) => isTotal);
  return {
    currency: all?.currency ?? null,
    total: all?.cost ?? '0',
    clusters: result.rows.filter(({ isTotal }) => !isTotal),
  };
}
