import { type Logger, repeatedly } from '@matryoshka/system';

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
  const failed = (error: unknown): void => {
    if (!signal.aborted) log.warn({ err: error }, failure);
  };
  await repeatedly({ intervalMs, retryMs, signal, failed }, work);
}
