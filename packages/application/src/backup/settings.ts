import type { BackupPolicy, BackupSettings as Given } from '@matryoshka/contract';
import { type BackupSettings, type Cluster, collectViolations, type Violation } from '@matryoshka/domain';
import { patternProblem, timesOf, zoneProblem } from '../cron.ts';

/** Settings after a change that names some of them. */
export function backupSettingsOf(given: Given | undefined, current: BackupSettings): BackupSettings {
  const { schedule = current.schedule, timeZone = current.timeZone, keep = current.keep } = given ?? {};
  return { schedule, timeZone, keep };
}

/** Settings as the API shows them. */
export function backupSettingsView(
  { backup, recoverableFrom }: Pick<Cluster, 'backup' | 'recoverableFrom'>,
  now: Date,
): BackupPolicy {
  const { schedule, timeZone, keep } = backup;
  const next = schedule === null ? null : timesOf(schedule, timeZone).nextRun(now);
  return {
    schedule,
    timeZone,
    keep,
    next: next?.toISOString() ?? null,
    recoverableFrom: recoverableFrom?.toISOString() ?? null,
  };
}

/** Backups are at least so far apart: each is read back and loaded. */
const shortestMinutes = 60;

/** Rules for the settings as a caller gives them, at `/backup` of the body. */
export function validateBackupSettings(input: unknown, now: Date): readonly Violation[] {
  if (typeof input !== 'object' || input === null) return [];
  const { schedule, timeZone } = input as { readonly schedule?: unknown; readonly timeZone?: unknown };
  return collectViolations((report) => {
    const ofZone = typeof timeZone === 'string' ? zoneProblem(timeZone) : undefined;
    if (ofZone !== undefined) report('/backup/timeZone', ...ofZone);
    if (typeof schedule !== 'string') return;
    const zone = typeof timeZone === 'string' && ofZone === undefined ? timeZone : 'UTC';
    const problem = patternProblem(schedule, zone, { now, shortestMinutes });
    if (problem !== undefined) report('/backup/schedule', ...problem);
  });
}
