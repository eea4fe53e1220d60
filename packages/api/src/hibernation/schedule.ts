import { randomUUID } from 'node:crypto';
import { beginDueHibernation, dueTurn } from '@matryoshka/application';
import { clustersWithHibernation, inProject, type Pool } from '@matryoshka/postgres';
import { errorMessage, type Logger, repeatedly } from '@matryoshka/system';
import { writeTransaction } from '../store.ts';

/**
 * Puts clusters to sleep and wakes them when their schedules say so, now and after every interval, until the signal aborts. What became due while nobody looked is done then.
 * Several processes may do so at once: each cluster is looked at again under its lock. One that cannot be changed does not keep the others.
 */
export async function runHibernation(options: {
  readonly pool: Pool;
  readonly issuerUrl: string;
  readonly now: () => Date;
  readonly log: Logger;
  readonly intervalMs: number;
  readonly signal: AbortSignal;
}): Promise<void> {
  const { pool, issuerUrl, now, log, intervalMs, signal } = options;
  const failed = (error: unknown): void => log.warn({ reason: errorMessage(error) }, 'hibernation failed');
  await repeatedly({ intervalMs, signal, failed }, async () => {
    for (const { clusterId, projectId, hibernation, decidedAt } of await clustersWithHibernation(pool)) {
      if (signal.aborted) return;
      const where = { clusterId, projectId, requestId: `hibernation-${randomUUID()}` };
      try {
        const due = dueTurn(hibernation, decidedAt, now());
        if (due === undefined || due.hibernated === hibernation.hibernated) continue;
        const begun = await inProject(
          pool,
          { projectId, clusterIds: null },
          async (tx) => await beginDueHibernation(writeTransaction(tx), where, { issuerUrl, now: now() }),
        );
        if (begun !== undefined)
          log.info({ clusterId, requestId: where.requestId, kind: begun.kind, dueAt: due.at }, 'as its schedule says');
      } catch (error) {
        log.warn({ clusterId, requestId: where.requestId, reason: errorMessage(error) }, 'a schedule was not followed');
      }
    }
  });
}
