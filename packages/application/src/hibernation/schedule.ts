import type { HibernationSchedule, HibernationSettings } from '@matryoshka/domain';
import type { Cron } from 'croner';
import { lastTime, timesOf } from '../cron.ts';

/** Schedules say that a cluster shall sleep, or wake. */
export interface Turn {
  readonly at: Date;
  readonly hibernated: boolean;
}

type Look = (times: Cron) => Date | undefined;

function turns(schedules: readonly HibernationSchedule[], look: Look): readonly Turn[] {
  return schedules.flatMap(({ sleep, wake, timeZone }) =>
    [
      { pattern: sleep, hibernated: true },
      { pattern: wake, hibernated: false },
    ].flatMap(({ pattern, hibernated }) => {
      const at = pattern === null ? undefined : look(timesOf(pattern, timeZone));
      return at === undefined ? [] : [{ at, hibernated }];
    }),
  );
}

/** At the same moment, being awake wins. */
const earliest = (found: readonly Turn[]): Turn | undefined =>
  found.toSorted((a, b) => a.at.getTime() - b.at.getTime() || Number(a.hibernated) - Number(b.hibernated))[0];
const latest = (found: readonly Turn[]): Turn | undefined =>
  found.toSorted((a, b) => b.at.getTime() - a.at.getTime() || Number(a.hibernated) - Number(b.hibernated))[0];

/**
 * What schedules say that nobody has followed or overruled yet: the last time they spoke, when that was after somebody last decided. However long nobody looked, it is found;
 * undefined when there is none.
 */
export function dueTurn({ schedules }: HibernationSettings, decidedAt: Date, now: Date): Turn | undefined {
  const last = latest(turns(schedules, (times) => lastTime(times, now)));
  return last !== undefined && last.at > decidedAt ? last : undefined;
}

/** When schedules next change whether the cluster sleeps; undefined when they never do. */
export function nextTurn({ schedules, hibernated }: HibernationSettings, now: Date): Turn | undefined {
  return earliest(
    turns(schedules, (times) => times.nextRun(now) ?? undefined).filter((turn) => turn.hibernated !== hibernated),
  );
}
