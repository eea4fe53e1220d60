import { backoffMs } from '../informer/backoff.ts';

export interface WorkQueueOptions {
  readonly backoff?: { readonly baseMs: number; readonly maxMs: number };
}

/**
 * A queue of keys with the semantics of client-go's workqueue: a key waits at most once, a key that is added while it is being worked on
 * runs again afterwards, never two workers on one key, failures of a key wait longer and longer.
 */
export interface WorkQueue {
  add(key: string): void;
  /** Adds later; an earlier time for the same key wins. */
  addAfter(key: string, ms: number): void;
  /** Adds after the key's own exponential backoff. */
  addRateLimited(key: string): void;
  /** Forgets the failures of a key. */
  forget(key: string): void;
  /** The next key; undefined once the queue is shut down. Every key taken must be given back by `done`. */
  take(): Promise<string | undefined>;
  done(key: string): void;
  shutDown(): void;
  readonly metrics: {
    readonly depth: number;
    readonly processing: number;
    readonly delayed: number;
    readonly oldestMs: number;
  };
}

export function createWorkQueue(options: WorkQueueOptions = {}): WorkQueue {
  const backoff = options.backoff ?? { baseMs: 100, maxMs: 60_000 };
  // Insertion order of the map is the order of service: fair, because a key that comes back goes to the end.
  const waiting = new Map<string, number>();
  const processing = new Set<string>();
  const again = new Set<string>();
  const delayed = new Map<string, { readonly at: number; readonly timer: NodeJS.Timeout }>();
  const failures = new Map<string, number>();
  const takers: ((key: string | undefined) => void)[] = [];
  let closed = false;

  const serve = (): void => {
    while (takers.length > 0) {
      const [key] = waiting.keys();
      if (key === undefined) return;
      waiting.delete(key);
      processing.add(key);
      takers.shift()?.(key);
    }
  };

  const add = (key: string): void => {
    if (closed) return;
    const later = delayed.get(key);
    if (later !== undefined) {
      clearTimeout(later.timer);
      delayed.delete(key);
    }
    if (processing.has(key)) {
      again.add(key);
      return;
    }
    if (!waiting.has(key)) waiting.set(key, performance.now());
    serve();
  };

  const addAfter = (key: string, ms: number): void => {
    if (closed) return;
    if (ms <= 0) {
      add(key);
      return;
    }
    if (waiting.has(key) || again.has(key)) return;
    const at = performance.now() + ms;
    const old = delayed.get(key);
    if (old !== undefined) {
      if (old.at <= at) return;
      clearTimeout(old.timer);
    }
    const timer = setTimeout(() => {
      delayed.delete(key);
      add(key);
    }, ms);
    delayed.set(key, { at, timer });
  };

  return {
    add,
    addAfter,
    addRateLimited: (key) => {
      const count = failures.get(key) ?? 0;
      failures.set(key, count + 1);
      addAfter(key, backoffMs(count, backoff));
    },
    forget: (key) => {
      failures.delete(key);
    },
    take: async () => {
      if (closed) return undefined;
      const taken = new Promise<string | undefined>((resolve) => takers.push(resolve));
      serve();
      return taken;
    },
    done: (key) => {
      processing.delete(key);
      if (again.delete(key)) add(key);
    },
    shutDown: () => {
      closed = true;
      for (const { timer } of delayed.values()) clearTimeout(timer);
      delayed.clear();
      waiting.clear();
      again.clear();
      for (const taker of takers.splice(0)) taker(undefined);
    },
    get metrics() {
      const [oldest] = waiting.values();
      return {
        depth: waiting.size,
        processing: processing.size,
        delayed: delayed.size,
        oldestMs: oldest === undefined ? 0 : performance.now() - oldest,
      };
    },
  };
}

export interface WorkResult {
  /** Look at the key again after this time; absent = only when it is added. */
  readonly requeueAfterMs?: number;
}

/** Works on keys with at most `workers` at a time until the queue is shut down. A handler that throws is repeated with backoff. */
export async function runWorkers(
  queue: WorkQueue,
  workers: number,
  handle: (key: string) => Promise<WorkResult>,
  onError: (key: string, error: unknown) => void,
): Promise<void> {
  const work = async (): Promise<void> => {
    for (;;) {
      const key = await queue.take();
      if (key === undefined) return;
      try {
        const { requeueAfterMs } = await handle(key);
        queue.forget(key);
        queue.done(key);
        if (requeueAfterMs !== undefined) queue.addAfter(key, requeueAfterMs);
      } catch (error) {
        onError(key, error);
        queue.done(key);
        queue.addRateLimited(key);
      }
    }
  };
  await Promise.all(Array.from({ length: workers }, work));
}
