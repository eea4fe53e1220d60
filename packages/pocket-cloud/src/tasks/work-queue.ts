import { errorMessage, type Logger } from '@matryoshka/system';

export interface WorkQueueOptions {
  readonly name: string;
  readonly log: Logger;
  /** Brings the object with that key to its desired state as rows have it now. Level triggered: it must look, not remember. A number = look again after that many ms. */
  readonly reconcile: (key: string, signal: AbortSignal) => Promise<{ readonly againAfterMs: number } | undefined>;
  readonly concurrency?: number;
  readonly maxBackoffMs?: number;
}

/** Keys to be reconciled: each at most once at a time, again when it was asked for meanwhile, with exponential backoff after an error. */
export interface WorkQueue {
  enqueue(key: string): void;
  /** Resolves when no key is queued or running (delayed retries excepted). */
  idle(): Promise<void>;
  /** Takes no more keys, aborts running ones and waits for them. */
  stop(): Promise<void>;
}

export function createWorkQueue(options: WorkQueueOptions): WorkQueue {
  const waiting = new Set<string>();
  const running = new Map<string, Promise<void>>();
  const dirty = new Set<string>();
  const failures = new Map<string, number>();
  const timers = new Map<string, NodeJS.Timeout>();
  const stopping = new AbortController();
  let idleWaiters: (() => void)[] = [];

  const later = (key: string, ms: number): void => {
    clearTimeout(timers.get(key));
    timers.set(
      key,
      setTimeout(() => {
        timers.delete(key);
        enqueue(key);
      }, ms),
    );
  };

  const runOne = async (key: string): Promise<void> => {
    try {
      const result = await options.reconcile(key, stopping.signal);
      failures.delete(key);
      if (result !== undefined && !stopping.signal.aborted) later(key, result.againAfterMs);
    } catch (error) {
      if (stopping.signal.aborted) return;
      const count = (failures.get(key) ?? 0) + 1;
      failures.set(key, count);
      const delayMs = Math.min(options.maxBackoffMs ?? 30_000, 200 * 2 ** Math.min(count, 12));
      options.log.warn(
        { queue: options.name, key, attempt: count, delayMs, error: errorMessage(error) },
        'will be tried again',
      );
      later(key, delayMs);
    }
  };

  const pump = (): void => {
    for (const key of waiting) {
      if (stopping.signal.aborted || running.size >= (options.concurrency ?? 4)) break;
      waiting.delete(key);
      running.set(
        key,
        runOne(key).finally(() => {
          running.delete(key);
          if (dirty.delete(key) && !stopping.signal.aborted) waiting.add(key);
          pump();
        }),
      );
    }
    if (waiting.size === 0 && running.size === 0) {
      for (const resolve of idleWaiters) resolve();
      idleWaiters = [];
    }
  };

  const enqueue = (key: string): void => {
    if (stopping.signal.aborted) return;
    clearTimeout(timers.get(key));
    timers.delete(key);
    if (running.has(key)) dirty.add(key);
    else waiting.add(key);
    pump();
  };

  return {
    enqueue,
    idle: async () => {
      if (waiting.size === 0 && running.size === 0) return;
      await new Promise<void>((resolve) => {
        idleWaiters.push(resolve);
      });
    },
    stop: async () => {
      stopping.abort();
      for (const timer of timers.values()) clearTimeout(timer);
      timers.clear();
      waiting.clear();
      await Promise.all(running.values());
    },
  };
}
