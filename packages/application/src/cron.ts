import { Cron } from 'croner';

/** Times of a pattern of cron(8), read in a time zone. Throws when either is none. */
export const timesOf = (pattern: string, timeZone: string): Cron =>
  new Cron(pattern, { timezone: timeZone, mode: '5-part', paused: true });

/** The last time at or before a moment; undefined when there was none. */
export function lastTime(times: Cron, at: Date): Date | undefined {
  // croner looks strictly before.
  return times.previousRuns(1, new Date(at.getTime() + 1))[0];
}

export function isTimeZone(name: string): boolean {
  try {
    return new Intl.DateTimeFormat('en', { timeZone: name }) !== undefined;
  } catch {
    return false;
  }
}

/** So many of its times are looked at. */
const sample = 60;

/** What is wrong with a pattern, whose times shall be so far apart; undefined: nothing. */
export function patternProblem(
  pattern: string,
  timeZone: string,
  { now, shortestMinutes }: { readonly now: Date; readonly shortestMinutes: number },
): readonly [code: string, message: string] | undefined {
  let times: readonly Date[];
  try {
    times = timesOf(pattern, timeZone).nextRuns(sample, now);
  } catch {
    return ['invalid_cron', `${JSON.stringify(pattern)} is no cron pattern of five fields like "0 20 * * mon-fri"`];
  }
  if (times.length === 0) return ['never', `${JSON.stringify(pattern)} never comes`];
  const isDense = times.some(
    (time, n) => n > 0 && time.getTime() - (times[n - 1] ?? time).getTime() < shortestMinutes * 60_000,
  );
  return isDense ? ['too_often', `comes more often than every ${shortestMinutes} minutes`] : undefined;
}

/** What is wrong with the name of a time zone; undefined: nothing. */
export function zoneProblem(name: string): readonly [code: string, message: string] | undefined {
  return isTimeZone(name)
    ? undefined
    : ['unknown_time_zone', `${JSON.stringify(name)} is no IANA name like Europe/Berlin`];
}
