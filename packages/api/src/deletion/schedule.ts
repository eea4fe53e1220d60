import { randomUUID } from 'node:crypto';
import { beginDueDeletion } from '@matryoshka/application';
import { clustersToDelete, inProject, type Pool } from '@matryoshka/postgres';
import { errorMessage, type Logger, repeatedly } from '@matryoshka/system';
import { writeTransaction } from '../store.ts';

/** So many at a time; the next round takes the next ones. */
const most = 100;

/**
 * Begins deletions whose time has come, now and after every interval, until the signal aborts. Several processes may do so at once: each
 * cluster is looked at again under its lock.
 */
export async function runDeletionSchedule(options: {
  readonly pool: Pool;
  readonly now: () => Date;
  readonly log: Logger;
  readonly intervalMs: number;
  readonly signal: AbortSignal;
}): Promise<void> {
  const { pool, now, log, intervalMs, signal } = options;
  const failed = (error: unknown): void =>
    log.warn({ reason: errorMessage(error) }, 'the schedule of deletions failed');
  await repeatedly({ intervalMs, signal, failed }, async () => {
    for (const { clusterId, projectId } of await clustersToDelete(pool, most)) {
      if (signal.aborted) return;
      const where = { clusterId, projectId, requestId: `schedule-${randomUUID()}` };
      const begun = await inProject(
        pool,
        { projectId, clusterIds: null },
        async (tx) => await beginDueDeletion(writeTransaction(tx), where, now()),
      );
      if (begun) log.info({ clusterId, requestId: where.requestId }, 'a deletion begins whose time has come');
    }
  });
}
