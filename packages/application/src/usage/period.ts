import { collectViolations, type Violation } from '@matryoshka/domain';

export interface Period {
  readonly from: Date;
  readonly to: Date;
  readonly interval: 'total' | 'day' | 'hour';
}

const dayMs = 86_400_000;
const mostDays = { total: 400, day: 100, hour: 7 } as const;

/** The month of a moment (UTC). */
export function monthOf(now: Date): { readonly from: Date; readonly to: Date } {
  const [year, month] = [now.getUTCFullYear(), now.getUTCMonth()];
  return { from: new Date(Date.UTC(year, month)), to: new Date(Date.UTC(year, month + 1)) };
}

/** The period that a query asks for: this month until now, where it says nothing. */
export function periodOf(
  query: { readonly from?: string; readonly to?: string; readonly interval?: Period['interval'] },
  now: Date,
): { readonly period: Period; readonly violations: readonly Violation[] } {
  const to = query.to === undefined ? now : new Date(query.to);
  const from = query.from === undefined ? monthOf(to).from : new Date(query.from);
  const interval = query.interval ?? 'total';
  const violations = collectViolations((report) => {
    const days = (to.getTime() - from.getTime()) / dayMs;
    if (!(days >= 0)) report('?from', 'invalid_period', 'must not be after its end', to.toISOString());
    else if (days > mostDays[interval])
      report(
        '?from',
        'invalid_period',
        `at most ${mostDays[interval]} days by ${interval}`,
        new Date(to.getTime() - mostDays[interval] * dayMs).toISOString(),
      );
  });
  return { period: { from, to, interval }, violations };
}
