import type { HibernationSettings as Given, Hibernation } from '@matryoshka/contract';
import {
  collectViolations,
  type HibernationSettings,
  mostHibernationSchedules,
  type Violation,
} from '@matryoshka/domain';
import { patternProblem, zoneProblem } from '../cron.ts';
import { nextTurn } from './schedule.ts';

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
      const ofZone = zoneProblem(timeZone);
      if (ofZone !== undefined) report(`${at}/timeZone`, ...ofZone);
      const zone = ofZone === undefined ? timeZone : 'UTC';
      for (const [name, pattern] of [['sleep', sleep] as const, ['wake', wake] as const]) {
        if (typeof pattern !== 'string') continue;
        const problem = patternProblem(pattern, zone, { now, shortestMinutes });
        if (problem !== undefined) report(`${at}/${name}`, ...problem);
      }
    }
  });
}
