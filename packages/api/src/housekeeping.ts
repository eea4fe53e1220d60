import { deleteExpired, type Pool } from '@matryoshka/postgres';
import { errorMessage, type Logger, sleep } from '@matryoshka/system';

/** Removes expired sessions and idempotency keys now and after every interval until the signal aborts. Several processes may do so at once. */
export async function runHousekeeping(options: {
  readonly pool: Pool;
  readonly log: Logger;
  readonly intervalMs: number;
  readonly signal: AbortSignal;
}): Promise<void> {
  const { pool, log, intervalMs, signal } = options;
  while (!signal.aborted) {
    try {
      const removed = await deleteExpired(pool);
      log.debug(removed, 'housekeeping');
    } catch (error) {
      // The next round does what this one left.
      log.warn({ reason: errorMessage(error) }, 'housekeeping failed');
    }
    await sleep(intervalMs, signal).catch(() => undefined);
  }
}
