import { sleep } from '@matryoshka/system';

/** Asks until the answer is not undefined. Throws with `what` and the last reason when the time is over. */
export async function eventually<T>(
  what: string,
  ask: () => Promise<T | undefined>,
  timeoutMs = 300_000,
  intervalMs = 1_000,
): Promise<T> {
  const end = Date.now() + timeoutMs;
  let reason: unknown = 'no answer';
  for (;;) {
    try {
      const answer = await ask();
      if (answer !== undefined) return answer;
      reason = 'not yet';
    } catch (error) {
      reason = error;
    }
    if (Date.now() > end) throw new Error(`${what}: not after ${timeoutMs / 1000} s`, { cause: reason });
    await sleep(intervalMs);
  }
}
