import { randomUUID } from 'node:crypto';
import { beginDuePatch } from '@matryoshka/application';
import { isOpen, type Limits } from '@matryoshka/domain';
import { clustersToPatch, inProject, type Pool } from '@matryoshka/postgres';
import { errorMessage, type Logger, repeatedly } from '@matryoshka/system';
import { writeTransaction } from '../store.ts';

/**
 * Brings clusters that want it to the newest patch while their window is open, now and after every interval, until the signal aborts. Several processes may do so at once:
 * each cluster is looked at again under its lock. One that cannot be changed does not keep the others.
 */
export async function runMaintenance(options: {
  readonly pool: Pool;
  readonly limits: Limits;
  readonly issuerUrl: string;
  readonly now: () => Date;
  readonly log: Logger;
  readonly intervalMs: number;
  readonly signal: AbortSignal;
}): Promise<void> {
  const { pool, limits, issuerUrl, now, log, intervalMs, signal } = options;
  const failed = (error: unknown): void => log.warn({ reason: errorMessage(error) }, 'the maintenance failed');
  await repeatedly({ intervalMs, signal, failed }, async () => {
    for (const { clusterId, projectId, maintenance } of await clustersToPatch(pool)) {
      if (signal.aborted) return;
      if (!isOpen(maintenance, now())) continue;
      const where = { clusterId, projectId, requestId: `maintenance-${randomUUID()}` };
      try {
        const begun = await inProject(
          pool,
          { projectId, clusterIds: null },
          async (tx) => await beginDuePatch(writeTransaction(tx), where, { limits, issuerUrl, now: now() }),
        );
        if (begun !== undefined)
          log.info({ clusterId, requestId: where.requestId, kind: begun.kind }, 'a patch begins in its window');
      } catch (error) {
        log.warn({ clusterId, requestId: where.requestId, reason: errorMessage(error) }, 'a patch could not be begun');
      }
    }
  });
}
