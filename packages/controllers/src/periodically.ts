import { type Logger, sleep } from '@matryoshka/system';

export interface PeriodicOptions {
  readonly intervalMs: number;
  /** Pause after a failure, in milliseconds. */
  readonly retryMs: number;
  /** What a failure is logged as. */
  readonly failure: string;
  readonly log: Logger;
  readonly signal: AbortSignal;
}

/** Works at once and then every interval until the signal aborts; a failure is logged and repeated. */
export async function periodically(options: PeriodicOptions, work: () => Promise<void>): Promise<void> {
  const { intervalMs, retryMs, failure, log, signal } = options;
  while (!signal.aborted) {
    let delayMs = intervalMs;
    try {
      await work();
    } catch (error) {
      if (signal.aborted) return;
      log.warn({ err: error }, failure);
      delayMs = retryMs;
    }
    await sleep(delayMs, signal).catch(() => undefined);
  }
}
