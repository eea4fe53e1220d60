import type { MaintenanceSettings } from '@matryoshka/contract';
import { type Command, Option } from 'commander';
import { usageError } from './errors.ts';
import { parseDuration } from './parse-duration.ts';
import { collect } from './pool-flag.ts';

type Window = NonNullable<MaintenanceSettings['window']>;
type Day = Window['days'][number];
const days = ['sun', 'mon', 'tue', 'wed', 'thu', 'fri', 'sat'] as const satisfies readonly Day[];

export interface MaintenanceOptions {
  readonly maintenanceWindow?: Window | null;
  readonly maintenanceExclude: readonly string[];
  readonly autoUpgrade?: 'patch' | 'none';
}

/** Adds the flags about when the service may change a cluster by itself. */
export function withMaintenance(command: Command): Command {
  return command
    .addOption(
      new Option('--auto-upgrade <what>', 'patch: keep it at the newest patch of its minor').choices(['patch', 'none']),
    )
    .option(
      '--maintenance-window <days time duration>',
      'begin it only then, UTC, e.g. "sat,sun 02:00 4h"; any: at any time',
      parseWindow,
    )
    .option(
      '--maintenance-exclude <from/until>',
      'and not then, e.g. 2026-12-20/2027-01-05; repeatable, instead of those there are; none: no more',
      collect,
      [] as readonly string[],
    );
}

/** What those flags ask for; undefined when none was given. */
export function maintenanceOf(options: MaintenanceOptions): MaintenanceSettings | undefined {
  const { maintenanceWindow: window, maintenanceExclude: excluded, autoUpgrade } = options;
  const given = {
    ...(window === undefined ? {} : { window }),
    ...(excluded.length === 0 ? {} : { exclusions: excluded.filter((text) => text !== 'none').map(parseExclusion) }),
    ...(autoUpgrade === undefined ? {} : { autoUpgrade }),
  };
  return Object.keys(given).length === 0 ? undefined : given;
}

/** `sat,sun 02:00 4h`, or `any`. */
export function parseWindow(text: string): Window | null {
  if (text === 'any') return null;
  const [names, start, duration, ...rest] = text.trim().split(/\s+/);
  if (names === undefined || start === undefined || duration === undefined || rest.length > 0)
    throw usageError(
      `--maintenance-window ${text}: expected DAYS TIME DURATION`,
      'Write for example "sat,sun 02:00 4h".',
    );
  const chosen = names === 'daily' ? days : names.split(',').map(parseDay);
  return { days: [...chosen], start, durationMinutes: Math.round(parseDuration(duration) / 60_000) };
}

function parseDay(text: string): Day {
  const day = days.find((known) => text.toLowerCase().startsWith(known));
  if (day === undefined) throw usageError(`${text} is no day of the week`, `Write ${days.join(', ')} or daily.`);
  return day;
}

/** Two times or dates (a date is its midnight, UTC) with a slash between, as ISO 8601 writes intervals. */
function parseExclusion(text: string): { readonly from: string; readonly until: string } {
  const [from, until, ...rest] = text.split('/');
  if (!from || !until || rest.length > 0)
    throw usageError(`--maintenance-exclude ${text}: expected FROM/UNTIL`, 'Write for example 2026-12-20/2027-01-05.');
  const time = (part: string): string => (/^\d{4}-\d{2}-\d{2}$/.test(part) ? `${part}T00:00:00Z` : part);
  return { from: time(from), until: time(until) };
}
