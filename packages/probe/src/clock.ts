import { sleep } from '@matryoshka/system';

/** Milliseconds since the probe began. */
export type Clock = () => number;

/**
 * Starts a call every interval, whether or not those before have ended, until the signal aborts; then waits for those that are under way. When too many are, none
 * is begun: `onSkip` hears of it, because a customer would not have been served either.
 */
export async function atRate(
  call: (n: number) => Promise<void>,
  {
    intervalMs,
    most,
    onSkip,
    clock,
    signal,
  }: {
    readonly intervalMs: number;
    readonly most: number;
    readonly onSkip: () => void;
    readonly clock: Clock;
    readonly signal: AbortSignal;
  },
): Promise<void> {
  const running = new Set<Promise<void>>();
  const began = clock();
  for (let n = 0; !signal.aborted; n += 1) {
    if (running.size >= most) onSkip();
    else {
      const one = call(n).finally(() => running.delete(one));
      running.add(one);
    }
    const wait = began + (n + 1) * intervalMs - clock();
    if (wait > 0) await sleep(wait, signal).catch(() => undefined);
  }
  await Promise.all(running);
}
