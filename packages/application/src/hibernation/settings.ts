import type { HibernationSettings as Given, Hibernation } from '@matryoshka/contract';
import {
  collectViolations,
  type HibernationSettings,
  mostHibernationSchedules,
  type Violation,
} from '@matryoshka/domain';
import { nextTurn, timesOf } from './schedule.ts';

/** Settings after a change that names some of them. */
export function hibernationOf(given: Given | undefined, current: HibernationSettings): HibernationSettings {
  return {
    hibernated: given?.hibernated ?? current.hibernated,
    schedules:
      given?.schedules?.map(({ sleep = null, wake = null, timeZone = 'UTC' }) => ({ sleep, wake, timeZone })) ??
      current.schedules,
  };
}

/** Settings as they are sent to be wanted again. */
export function hibernationBody({ hibernated, schedules }: HibernationSettings): Required<Given> {
  return { hibernated, schedules: schedules.map((schedule) => ({ ...schedule })) };
}

/** Settings as the API shows them. */
export function hibernationView(settings: HibernationSettings, now: Date): Hibernation {
  const next = nextTurn(settings, now);
  return {
    ...hibernationBody(settings),
    next: next === undefined ? null : { at: next.at.toISOString(), hibernated: next.hibernated },
  };
}

/** Two times of one pattern are at least so far apart: no cluster sleeps and wakes in less. */
const shortestMinutes = 30;
/** So many of its times are looked at. */
const sample = 60;

type Unsure = { readonly sleep?: unknown; readonly wake?: unknown; readonly timeZone?: unknown };
const isObject = (value: unknown): value is object => typeof value === 'object' && value !== null;

/** Rules for the settings as a caller gives them, at `/hibernation` of the body. */
export function validateHibernation(input: unknown, now: Date): readonly Violation[] {
  const schedules: unknown = isObject(input) && 'schedules' in input ? input.schedules : undefined;
  if (!Array.isArray(schedules)) return [];
  return collectViolations((report) => {
    if (schedules.length > mostHibernationSchedules)
      report('/hibernation/schedules', 'too_many_schedules', `at most ${mostHibernationSchedules}`);
    for (const [index, schedule] of schedules.slice(0, mostHibernationSchedules).entries()) {
      if (!isObject(schedule)) continue;
      const { sleep, wake, timeZone = 'UTC' } = schedule as Unsure;
      const at = `/hibernation/schedules/${index}`;
      if ((sleep ?? null) === null && (wake ?? null) === null)
        report(at, 'empty_schedule', 'give `sleep`, `wake` or both');
      if (typeof timeZone !== 'string') continue;
      const zone = isTimeZone(timeZone) ? timeZone : undefined;
      if (zone === undefined)
        report(`${at}/timeZone`, 'unknown_time_zone', `${JSON.stringify(timeZone)} is no IANA name like Europe/Berlin`);
      for (const [name, pattern] of [['sleep', sleep] as const, ['wake', wake] as const]) {
        if (typeof pattern !== 'string') continue;
        const problem = patternProblem(pattern, zone ?? 'UTC', now);
        if (problem !== undefined) report(`${at}/${name}`, ...problem);
      }
    }
  });
}

function isTimeZone(name: string): boolean {
  try {
    return new Intl.DateTimeFormat('en', { timeZone: name }) !== undefined;
  } catch {
    return false;
  }
}

function patternProblem(
  pattern: string,
  timeZone: string,
  now: Date,
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
