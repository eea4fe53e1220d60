export interface BackoffOptions {
  readonly baseMs: number;
  readonly maxMs: number;
  /** Share of the delay that is random, 0–1; spreads clients that failed together. Default 0.5. */
  readonly jitter?: number;
  /** Source of randomness in [0, 1); for tests. */
  readonly random?: () => number;
}

/** Exponential delay of the n-th failure in a row (0 = first). */
export function backoffMs(failures: number, options: BackoffOptions): number {
  const full = Math.min(options.maxMs, options.baseMs * 2 ** Math.min(failures, 30));
  const jitter = options.jitter ?? 0.5;
  return full * (1 - jitter) + full * jitter * (options.random ?? Math.random)();
}
