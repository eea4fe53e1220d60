import { sleep } from '@matryoshka/system';
import type { KubeClient } from '../client.ts';
import { isExpired } from '../errors.ts';
import type { ListQuery } from '../list.ts';
import type { KubeObject } from '../object.ts';
import { backoffMs } from './backoff.ts';
import { createStore, type IndexFunction, keyOf, type Store } from './store.ts';

export interface InformerOptions<T extends KubeObject> {
  readonly query: ListQuery;
  readonly indexes?: Readonly<Record<string, IndexFunction<T>>>;
  /** Called after the store changed; `object` is the last state known, also of a deletion. Must not throw. */
  readonly onChange?: (object: T, change: 'set' | 'removed') => void;
  /** Called for every failed list or watch; the informer goes on by itself. */
  readonly onError?: (error: unknown) => void;
  readonly watchTimeoutMs?: number;
  readonly backoff?: { readonly baseMs: number; readonly maxMs: number };
}

export interface Informer<T extends KubeObject> {
  readonly store: Store<T>;
  /** Resolves when the first list is in the store. */
  readonly synced: Promise<void>;
  /** Lists, then watches, for ever; resolves when the signal aborts. Errors never end it. */
  run(signal: AbortSignal): Promise<void>;
}

/**
 * Keeps a copy of a collection: list, then watch from the list's version, and again from the last version seen when a watch ends.
 * An expired version leads to a new list, whose difference to the store is reported, so that no change is ever missed silently
 * (client-go, tools/cache/reflector.go describes the same contract).
 */
export function createInformer<T extends KubeObject>(client: KubeClient, options: InformerOptions<T>): Informer<T> {
  const store = createStore<T>(options.indexes);
  const synced = Promise.withResolvers<void>();
  const backoff = options.backoff ?? { baseMs: 200, maxMs: 30_000 };
  let version: string | undefined;

  const set = (object: T): void => {
    const old = store.get(keyOf(object));
    store.set(object);
    if (old?.metadata.resourceVersion !== object.metadata.resourceVersion) options.onChange?.(object, 'set');
  };
  const remove = (object: T): void => {
    store.remove(keyOf(object));
    options.onChange?.(object, 'removed');
  };

  const relist = async (signal: AbortSignal): Promise<string> => {
    const { items, resourceVersion } = await client.list<T>(options.query, { signal });
    const present = new Set(items.map(keyOf));
    for (const old of store.list()) if (!present.has(keyOf(old))) remove(old);
    for (const item of items) set(item);
    synced.resolve();
    return resourceVersion;
  };

  const watch = async (from: string, signal: AbortSignal): Promise<boolean> => {
    let events = false;
    const watching = client.watch<T>(options.query, {
      resourceVersion: from,
      signal,
      ...(options.watchTimeoutMs === undefined ? {} : { timeoutMs: options.watchTimeoutMs }),
    });
    for await (const { type, object } of watching) {
      events = true;
      if (type === 'DELETED') remove(object);
      else if (type !== 'BOOKMARK') set(object);
      version = object.metadata.resourceVersion ?? version;
    }
    return events;
  };

  const run = async (signal: AbortSignal): Promise<void> => {
    let failures = 0;
    while (!signal.aborted) {
      const started = performance.now();
      try {
        version ??= await relist(signal);
        const events = await watch(version, signal);
        // A watch that ends at once without a word would otherwise become a busy loop.
        failures = events || performance.now() - started > 1_000 ? 0 : failures + 1;
      } catch (error) {
        if (signal.aborted) return;
        if (isExpired(error)) version = undefined;
        else options.onError?.(error);
        failures += 1;
      }
      if (failures > 0) await sleep(backoffMs(failures - 1, backoff), signal).catch(() => undefined);
    }
  };

  return { store, synced: synced.promise, run };
}
