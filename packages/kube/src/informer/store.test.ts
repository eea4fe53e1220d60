import { expect, test } from 'vitest';
import { backoffMs } from './backoff.ts';
import { createStore, keyOf } from './store.ts';

const object = (name: string, app: string, namespace = 'n') => ({
  apiVersion: 'v1',
  kind: 'Pod',
  metadata: { name, namespace, labels: { app } },
});

test('indexes follow changes and removals', () => {
  const store = createStore<ReturnType<typeof object>>({ app: (pod) => [pod.metadata.labels.app] });
  store.set(object('a', 'x'));
  store.set(object('b', 'x'));
  store.set(object('a', 'y'));
  expect(store.byIndex('app', 'x').map(keyOf)).toEqual(['n/b']);
  expect(store.byIndex('app', 'y').map(keyOf)).toEqual(['n/a']);
  store.remove('n/b');
  expect(store.byIndex('app', 'x')).toEqual([]);
  expect(store.size).toBe(1);
  expect(() => store.byIndex('other', 'x')).toThrow(/no index/);
});

test('backoff doubles up to its limit', () => {
  const delays = [0, 1, 2, 10].map((n) => backoffMs(n, { baseMs: 100, maxMs: 1000, jitter: 0 }));
  expect(delays).toEqual([100, 200, 400, 1000]);
  expect(backoffMs(0, { baseMs: 100, maxMs: 1000, random: () => 0 })).toBe(50);
});
