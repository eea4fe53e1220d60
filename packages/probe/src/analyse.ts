import {
  type Acknowledged,
  type Arrival,
  type CallKind,
  type CallReport,
  callKinds,
  type Gap,
  type Recording,
  type Report,
  type Sample,
  type WatchReport,
} from './model.ts';

/** The value below which this share of the values lies (nearest rank); 0 when there are none. */
export function percentile(values: readonly number[], share: number): number {
  const sorted = values.toSorted((a, b) => a - b);
  return sorted[Math.max(0, Math.ceil(sorted.length * share) - 1)] ?? 0;
}

/** The longest time without a success, from the beginning of the recording to its end. */
export function longestGap(kind: Gap['kind'], successes: readonly number[], durationMs: number): Gap | null {
  if (durationMs <= 0) return null;
  const times = [0, ...successes.toSorted((a, b) => a - b), durationMs];
  let found: Gap | null = null;
  for (const [i, at] of times.slice(0, -1).entries()) {
    const ms = (times[i + 1] ?? at) - at;
    if (found === null || ms > found.ms) found = { kind, at, ms };
  }
  return found;
}

const succeeded = ({ ok, repeatOk }: Sample): boolean => ok || repeatOk === true;

function callReport(kind: CallKind, samples: readonly Sample[], durationMs: number): CallReport {
  const failed = samples.filter(({ ok }) => !ok);
  const took = samples.filter(succeeded).map(({ tookMs }) => tookMs);
  const counts = new Map<string, number>();
  for (const { error = '' } of failed) counts.set(error, (counts.get(error) ?? 0) + 1);
  return {
    calls: samples.length,
    failed: failed.length,
    failedTwice: samples.filter((sample) => !succeeded(sample)).length,
    p50Ms: percentile(took, 0.5),
    p99Ms: percentile(took, 0.99),
    longestGap: longestGap(
      kind,
      samples.filter(succeeded).map(({ at, tookMs }) => at + tookMs),
      durationMs,
    ),
    errors: Object.fromEntries([...counts].toSorted(([, a], [, b]) => b - a)),
  };
}

/** Acknowledged writes that did not arrive. Counting would not tell: a write that was never answered may be stored, and arrive. */
export function missing(acknowledged: readonly Acknowledged[], arrivals: readonly Arrival[]): readonly string[] {
  const arrived = new Set(arrivals.map(({ name }) => name));
  return acknowledged.map(({ name }) => name).filter((name) => !arrived.has(name));
}

function watchReport({ arrivals, acknowledged, durationMs, watchBreaks, watchExpired }: Recording): WatchReport {
  const first = new Map<string, number>();
  let doubled = 0;
  let reordered = 0;
  let newest = 0;
  for (const { name, at, version, listed = false } of arrivals) {
    if (first.has(name)) doubled += 1;
    else first.set(name, at);
    if (version < newest && !listed) reordered += 1;
    newest = Math.max(newest, version);
  }
  const lags = acknowledged.flatMap(({ name, at }) => {
    const seen = first.get(name);
    // Often the event is here before the answer.
    return seen === undefined ? [] : [Math.max(0, seen - at)];
  });
  return {
    events: arrivals.length,
    missing: missing(acknowledged, arrivals),
    doubled,
    reordered,
    breaks: watchBreaks.length,
    expired: watchExpired.length,
    lagP50Ms: percentile(lags, 0.5),
    lagP99Ms: percentile(lags, 0.99),
    lagMaxMs: percentile(lags, 1),
    longestGap: longestGap(
      'watch',
      arrivals.map(({ at }) => at),
      durationMs,
    ),
  };
}

/** What a recording says. */
export function analyse(recording: Recording): Report {
  const { startedAt, server, durationMs, intervalMs, samples, acknowledged, lost } = recording;
  const byKind = Map.groupBy(samples, ({ kind }) => kind);
  const calls: Partial<Record<CallKind, CallReport>> = {};
  for (const kind of callKinds) {
    const own = byKind.get(kind);
    if (own !== undefined) calls[kind] = callReport(kind, own, durationMs);
  }
  const watch = watchReport(recording);
  const gaps = [...Object.values(calls).map((call) => call.longestGap), watch.longestGap].filter((gap) => gap !== null);
  return {
    ...{ startedAt, server, durationMs, intervalMs, calls, watch, acknowledged: acknowledged.length, lost },
    longestGap: gaps.toSorted((a, b) => b.ms - a.ms)[0] ?? null,
  };
}
