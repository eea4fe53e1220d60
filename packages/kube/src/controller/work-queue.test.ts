import { setTimeout as delay } from 'node:timers/promises';
import { expect, test } from 'vitest';
import { createWorkQueue, runWorkers } from './work-queue.ts';

test('a key waits once and never runs twice at a time', async () => {
  const queue = createWorkQueue();
  queue.add('a');
  queue.add('a');
  expect(await queue.take()).toBe('a');
  queue.add('a');
  expect(queue.metrics).toMatchObject({ depth: 0, processing: 1 });
  queue.done('a');
  expect(await queue.take()).toBe('a');
  queue.done('a');
  expect(queue.metrics).toMatchObject({ depth: 0, processing: 0 });
  queue.shutDown();
});

test('keys are served in the order in which they came', async () => {
  const queue = createWorkQueue();
  for (const key of ['b', 'a', 'c']) queue.add(key);
  expect([await queue.take(), await queue.take(), await queue.take()]).toEqual(['b', 'a', 'c']);
  queue.shutDown();
});

test('the earlier of two delays wins and add beats both', async () => {
  const queue = createWorkQueue();
  queue.addAfter('a', 60_000);
  queue.addAfter('a', 10);
  queue.addAfter('a', 60_000);
  expect(await queue.take()).toBe('a');
  queue.done('a');
  queue.addAfter('b', 60_000);
  queue.add('b');
  expect(await queue.take()).toBe('b');
  expect(queue.metrics.delayed).toBe(0);
  queue.shutDown();
});

test('a failing handler is repeated, others go on, and shutDown ends the workers', async () => {
  const queue = createWorkQueue({ backoff: { baseMs: 1, maxMs: 5 } });
  const runs: string[] = [];
  const errors: string[] = [];
  const working = runWorkers(
    queue,
    2,
    async (key) => {
      runs.push(key);
      if (key === 'bad' && runs.filter((run) => run === 'bad').length < 3) throw new Error('not yet');
      return key === 'again' && runs.filter((run) => run === 'again').length < 2 ? { requeueAfterMs: 1 } : {};
    },
    (key) => errors.push(key),
  );
  for (const key of ['bad', 'good', 'again']) queue.add(key);
  while (runs.length < 6) await delay(2);
  queue.shutDown();
  await working;
  expect(runs.toSorted()).toEqual(['again', 'again', 'bad', 'bad', 'bad', 'good']);
  expect(errors).toEqual(['bad', 'bad']);
});
