import { deleteExpired, type Pool } from '@matryoshka/postgres';
import { errorMessage, type Logger, repeatedly } from '@matryoshka/system';

/** Removes expired sessions and idempotency keys now and after every interval until the signal aborts. Several processes may do so at once. */
export async function runHousekeeping(options: {
  readonly pool: Pool;
  readonly log: Logger;
  readonly intervalMs: number;
  readonly signal: AbortSignal;
}): Promise<void> {
  const { pool, log, intervalMs, signal } = options;
  const failed = (error: unknown): void => log.warn({ reason: errorMessage(error) }, 'housekeeping failed');
  await repeatedly({ intervalMs, signal, failed }, async () => log.debug(await deleteExpired(pool), 'housekeeping'));
}
