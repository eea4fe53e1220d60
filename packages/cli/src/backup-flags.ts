import type { BackupSettings } from '@matryoshka/contract';
import type { Command } from 'commander';
import { patternOf } from './cron-flag.ts';
import { usageError } from './errors.ts';

export interface BackupOptions {
  readonly backup?: string;
  readonly backupKeep?: string;
  readonly backupTimeZone?: string;
}

/** Adds the flags about when a cluster is backed up. */
export function withBackups(command: Command): Command {
  return command
    .option('--backup <when>', 'back it up by itself, e.g. "daily 02:00" or as of cron "0 */6 * * *"; never')
    .option('--backup-keep <number>', 'so many of those are kept')
    .option('--backup-time-zone <name>', 'of --backup, e.g. Europe/Berlin');
}

/** What those flags ask for; undefined when none was given. */
export function backupsOf({ backup, backupKeep, backupTimeZone }: BackupOptions): BackupSettings | undefined {
  const keep = Number(backupKeep);
  if (backupKeep !== undefined && !Number.isInteger(keep))
    throw usageError(`--backup-keep ${backupKeep}: expected a number`, 'Write for example --backup-keep 14.');
  const given = {
    ...(backup === undefined ? {} : { schedule: patternOf(backup) }),
    ...(backupKeep === undefined ? {} : { keep }),
    ...(backupTimeZone === undefined ? {} : { timeZone: backupTimeZone }),
  };
  return Object.keys(given).length === 0 ? undefined : given;
}
