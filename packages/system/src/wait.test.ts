import { expect, it } from 'vitest';
import { repeatedly } from './wait.ts';

it('repeats work, also after a failure, until it is told to end', async () => {
  const stop = new AbortController();
  const failures: unknown[] = [];
  let rounds = 0;
  await repeatedly(
    { intervalMs: 1, retryMs: 1, signal: stop.signal, failed: (error) => failures.push(error) },
    async () => {
      rounds += 1;
      if (rounds === 3) stop.abort();
      if (rounds === 2) throw new Error('once');
    },
  );
  expect(rounds).toBe(3);
  expect(failures).toEqual([new Error('once')]);
});

it('does not begin when it was told to end before', async () => {
  let rounds = 0;
  const signal = AbortSignal.abort();
  await repeatedly({ intervalMs: 1, signal, failed: () => undefined }, async () => {
    rounds += 1;
  });
  expect(rounds).toBe(0);
});
