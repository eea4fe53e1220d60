import { createLogger } from '@matryoshka/system';
import { describe, expect, it } from 'vitest';
import { createWorkQueue } from './work-queue.ts';

const log = createLogger('test');
log.level = 'silent';

describe('work queue', () => {
  it('runs a key once at a time and again when it changed meanwhile', async () => {
    let active = 0;
    let runs = 0;
    const gate = Promise.withResolvers<void>();
    const queue = createWorkQueue({
      name: 'test',
      log,
      reconcile: async () => {
        active += 1;
        expect(active).toBe(1);
        runs += 1;
        await gate.promise;
        active -= 1;
        return undefined;
      },
    });
    for (let count = 0; count < 5; count += 1) queue.enqueue('key');
    gate.resolve();
    await queue.idle();
    expect(runs).toBe(2);
    await queue.stop();
  });

  it('tries again after an error', async () => {
    const done = Promise.withResolvers<void>();
    let attempt = 0;
    const queue = createWorkQueue({
      name: 'test',
      log,
      reconcile: async () => {
        attempt += 1;
        if (attempt === 1) throw new Error('first');
        done.resolve();
        return undefined;
      },
    });
    queue.enqueue('key');
    await done.promise;
    expect(attempt).toBe(2);
    await queue.stop();
  });

  it('waits for running work when it stops, and takes no more', async () => {
    const seen: string[] = [];
    const queue = createWorkQueue({
      name: 'test',
      log,
      reconcile: async (key, signal) => {
        await new Promise<void>((resolve) => signal.addEventListener('abort', () => resolve()));
        seen.push(key);
        return undefined;
      },
    });
    queue.enqueue('a');
    await queue.stop();
    queue.enqueue('b');
    expect(seen).toEqual(['a']);
  });
});
