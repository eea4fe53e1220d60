import type { HibernationSchedules } from '@matryoshka/contract';
import type { Command } from 'commander';
import { patternOf } from './cron-flag.ts';
import { usageError } from './errors.ts';

export interface HibernationOptions {
  readonly sleep?: string;
  readonly wake?: string;
  readonly timeZone?: string;
}

/** Adds the flags about when a cluster sleeps. */
export function withHibernation(command: Command): Command {
  return command
    .option('--sleep <when>', 'let it sleep from then on, e.g. "mon-fri 20:00" or as of cron "0 20 * * mon-fri"; never')
    .option('--wake <when>', 'wake it then; both instead of those there are; never')
    .option('--time-zone <name>', 'of --sleep and --wake, e.g. Europe/Berlin (default: UTC)');
}

/** What those flags ask for; undefined when none was given. */
export function schedulesOf({ sleep, wake, timeZone }: HibernationOptions): HibernationSchedules | undefined {
  if (sleep === undefined && wake === undefined) {
    if (timeZone !== undefined) throw usageError('--time-zone alone', 'Give --sleep, --wake or both with it.');
    return undefined;
  }
  const schedule = { sleep: patternOf(sleep), wake: patternOf(wake) };
  if (schedule.sleep === null && schedule.wake === null) return { schedules: [] };
  return { schedules: [{ ...schedule, ...(timeZone === undefined ? {} : { timeZone }) }] };
}
