import { isRecord, quote } from '../validation/kubernetes-syntax.ts';
import { checkTime } from '../validation/time.ts';
import { collectViolations, type Report, type Violation } from '../validation/violations.ts';

export const weekdays = ['sun', 'mon', 'tue', 'wed', 'thu', 'fri', 'sat'] as const;
export type Weekday = (typeof weekdays)[number];

/** A time that comes again every week, on some of its days. */
export interface MaintenanceWindow {
  readonly days: readonly Weekday[];
  /** `HH:MM`, UTC. */
  readonly start: string;
  readonly durationMinutes: number;
}

/** Nothing is begun from `from` on, until `until`; ISO 8601. */
export interface MaintenanceExclusion {
  readonly from: string;
  readonly until: string;
}

export const autoUpgrades = ['none', 'patch'] as const;
/** What the service brings a cluster to by itself: nothing, or the newest patch of its minor. */
export type AutoUpgrade = (typeof autoUpgrades)[number];

/** When the service may change a cluster by itself, and to what. */
export interface MaintenanceSettings {
  /** Null: at any time. */
  readonly window: MaintenanceWindow | null;
  readonly exclusions: readonly MaintenanceExclusion[];
  readonly autoUpgrade: AutoUpgrade;
}

export const defaultMaintenance: MaintenanceSettings = { window: null, exclusions: [], autoUpgrade: 'none' };

export const shortestWindowMinutes = 30;
export const longestWindowMinutes = 24 * 60;
export const mostExclusions = 20;
/** Longer than that nobody should stay without patches by having forgotten it. */
export const longestExclusionMs = 90 * 24 * 3_600_000;

const startPattern = /^([01]\d|2[0-3]):[0-5]\d$/;

/** Rules for the settings as a caller gives them, at `/maintenance` of the body. */
export function validateMaintenance(input: unknown): readonly Violation[] {
  return collectViolations((report) => {
    if (!isRecord(input)) return;
    checkWindow(report, input.window);
    if (!Array.isArray(input.exclusions)) return;
    if (input.exclusions.length > mostExclusions)
      report('/maintenance/exclusions', 'too_many_exclusions', `at most ${mostExclusions}`);
    for (const [index, exclusion] of input.exclusions.entries())
      checkExclusion(report, `/maintenance/exclusions/${index}`, exclusion);
  });
}

function checkWindow(report: Report, window: unknown): void {
  if (!isRecord(window)) return;
  const { days, start, durationMinutes } = window;
  if (Array.isArray(days) && days.length === 0)
    report('/maintenance/window/days', 'no_day', `one or more of ${weekdays.join(', ')}`);
  if (Array.isArray(days) && new Set(days).size < days.length)
    report('/maintenance/window/days', 'duplicate_day', 'each day once');
  if (typeof start === 'string' && !startPattern.test(start))
    report('/maintenance/window/start', 'invalid_time', `${quote(start)} is no time of the day like 02:30 (UTC)`);
  if (
    typeof durationMinutes === 'number' &&
    !(durationMinutes >= shortestWindowMinutes && durationMinutes <= longestWindowMinutes)
  )
    report(
      '/maintenance/window/durationMinutes',
      'out_of_range',
      `must be from ${shortestWindowMinutes} to ${longestWindowMinutes}`,
    );
}

function checkExclusion(report: Report, pointer: string, exclusion: unknown): void {
  if (!isRecord(exclusion)) return;
  const from = checkTime(report, `${pointer}/from`, exclusion.from);
  const until = checkTime(report, `${pointer}/until`, exclusion.until);
  if (from === undefined || until === undefined) return;
  if (until <= from) report(`${pointer}/until`, 'ends_before_it_begins', 'must be later than `from`');
  else if (until - from > longestExclusionMs) report(pointer, 'exclusion_too_long', 'at most 90 days');
}
