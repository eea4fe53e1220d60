import { setTimeout as delay } from 'node:timers/promises';

/** Resolves after the time; rejects when the signal aborts. */
export async function sleep(ms: number, signal?: AbortSignal): Promise<void> {
  await delay(ms, undefined, signal === undefined ? {} : { signal });
}

export interface WaitOptions {
  readonly timeoutMs: number;
  readonly intervalMs?: number;
  readonly signal?: AbortSignal;
}

/** Asks `check` until it answers true; false when the time is over. Errors of `check` pass through. */
export async function waitFor(check: () => boolean | Promise<boolean>, options: WaitOptions): Promise<boolean> {
  const end = performance.now() + options.timeoutMs;
  for (;;) {
    if (await check()) return true;
    if (performance.now() >= end) return false;
    await sleep(options.intervalMs ?? 200, options.signal);
  }
}

export interface RepeatOptions {
  readonly intervalMs: number;
  /** Pause after a failure; default: the interval. */
  readonly retryMs?: number;
  readonly signal: AbortSignal;
  /** Told of every failure; the next round does what this one left. */
  readonly failed: (error: unknown) => void;
}

/** Works at once and then after every interval until the signal aborts. No failure ends it. */
export async function repeatedly(options: RepeatOptions, work: () => Promise<void>): Promise<void> {
  const { intervalMs, retryMs = intervalMs, signal, failed } = options;
  while (!signal.aborted) {
    let pauseMs = intervalMs;
    try {
      await work();
    } catch (error) {
      failed(error);
      pauseMs = retryMs;
    }
    await sleep(pauseMs, signal).catch(() => undefined);
  }
}
