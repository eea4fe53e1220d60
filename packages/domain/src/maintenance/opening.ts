import { type MaintenanceSettings, type MaintenanceWindow, weekdays } from './settings.ts';

const dayMs = 24 * 3_600_000;

export interface Opening {
  readonly from: Date;
  readonly until: Date;
}

/** The opening of a window that begins on the day (UTC) of a moment; undefined on a day it has none. */
function openingOn(
  window: MaintenanceWindow,
  moment: number,
): { readonly from: number; readonly until: number } | undefined {
  const midnight = Math.floor(moment / dayMs) * dayMs;
  const weekday = weekdays[new Date(midnight).getUTCDay()];
  if (weekday === undefined || !window.days.includes(weekday)) return undefined;
  const [hours = 0, minutes = 0] = window.start.split(':').map(Number);
  const from = midnight + (hours * 60 + minutes) * 60_000;
  return { from, until: from + window.durationMinutes * 60_000 };
}

/** True when the service may begin something now. What has begun goes on when a window closes. */
export function isOpen(settings: MaintenanceSettings, now: Date): boolean {
  const { window, exclusions } = settings;
  const at = now.getTime();
  if (exclusions.some(({ from, until }) => Date.parse(from) <= at && at < Date.parse(until))) return false;
  if (window === null) return true;
  // One that began yesterday may reach into today.
  return [at, at - dayMs].some((moment) => {
    const opening = openingOn(window, moment);
    return opening !== undefined && opening.from <= at && at < opening.until;
  });
}

/** So far ahead is looked: longer than the longest exclusion that may follow upon another. */
const horizonDays = 400;

/** The next window that is not excluded from beginning to end, or the one that is open; null: at any time, or none within a year. */
export function nextOpening(settings: MaintenanceSettings, now: Date): Opening | null {
  const { window } = settings;
  if (window === null) return null;
  const exclusions = settings.exclusions.map(({ from, until }) => ({
    from: Date.parse(from),
    until: Date.parse(until),
  }));
  for (let day = -1; day <= horizonDays; day += 1) {
    const opening = openingOn(window, now.getTime() + day * dayMs);
    if (opening === undefined || opening.until <= now.getTime()) continue;
    // What is left of it behind the exclusions that reach into its beginning.
    let { from } = opening;
    for (let moved = true; moved; ) {
      const covering = exclusions.find((exclusion) => exclusion.from <= from && from < exclusion.until);
      moved = covering !== undefined;
      from = covering?.until ?? from;
    }
    if (from < opening.until) return { from: new Date(from), until: new Date(opening.until) };
  }
  return null;
}
