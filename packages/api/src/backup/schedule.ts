import { beginDueBackup, isBackupDue } from '@matryoshka/application';
import { clustersWithBackups, expireBackups, inProject, type Pool } from '@matryoshka/postgres';
import { errorMessage, type Logger, repeatedly } from '@matryoshka/system';
import { writeTransaction } from '../store.ts';

/**
 * Asks for backups when schedules say so and has old ones removed, now and after every interval, until the signal aborts. What became due while nobody looked is done once.
 * Several processes may do so at once: each cluster is looked at again under its lock.
 */
export async function runBackupSchedule(options: {
  readonly pool: Pool;
  readonly now: () => Date;
  readonly log: Logger;
  readonly intervalMs: number;
  readonly signal: AbortSignal;
}): Promise<void> {
  const { pool, now, log, intervalMs, signal } = options;
  const failed = (error: unknown): void => log.warn({ reason: errorMessage(error) }, 'the schedule of backups failed');
  await repeatedly({ intervalMs, signal, failed }, async () => {
    for (const { clusterId, projectId, backup, lastAt } of await clustersWithBackups(pool)) {
      if (signal.aborted) return;
      if (!isBackupDue(backup, lastAt, now())) continue;
      try {
        const begun = await inProject(pool, { projectId, clusterIds: null }, async (tx) => {
          const made = await beginDueBackup(writeTransaction(tx), clusterId, now());
          if (made !== undefined) await expireBackups(tx, { clusterId, keep: backup.keep, now: now() });
          return made;
        });
        if (begun !== undefined) log.info({ clusterId, backupId: begun.id }, 'a backup is due');
      } catch (error) {
        log.warn({ clusterId, reason: errorMessage(error) }, 'a backup could not be asked for');
      }
    }
  });
}
