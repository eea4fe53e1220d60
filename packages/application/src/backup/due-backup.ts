import type { Backup, BackupSettings } from '@matryoshka/domain';
import { lastTime, timesOf } from '../cron.ts';
import type { WriteTransaction } from '../store.ts';

/** Whether the schedule has spoken since the last backup that was made for it. However long nobody looked, one is made. */
export function isBackupDue({ schedule, timeZone }: BackupSettings, lastAt: Date, now: Date): boolean {
  if (schedule === null) return false;
  const last = lastTime(timesOf(schedule, timeZone), now);
  return last !== undefined && last > lastAt;
}

/** Asks for the backup that is due. Answers it; undefined when somebody else has asked, or the cluster is not there for it. */
export async function beginDueBackup(tx: WriteTransaction, clusterId: string, now: Date): Promise<Backup | undefined> {
  const cluster = await tx.getClusterForUpdate(clusterId);
  if (cluster === undefined || cluster.deleteRequestedAt !== null || cluster.restore !== null) return undefined;
  if (!isBackupDue(cluster.backup, (await tx.lastScheduledBackup(cluster.id)) ?? cluster.createdAt, now))
    return undefined;
  return await tx.insertBackup(cluster, { reason: 'scheduled', requestedBy: 'schedule', at: now });
}
