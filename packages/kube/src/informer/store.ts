import type { KubeObject } from '../object.ts';

/** Computes the index values of an object, e.g. its namespace or a label. */
export type IndexFunction<T> = (object: T) => readonly string[];

export interface Store<T extends KubeObject> {
  get(key: string): T | undefined;
  list(): readonly T[];
  /** Objects whose index function answered `value`. Throws for an index that was not declared. */
  byIndex(index: string, value: string): readonly T[];
  readonly size: number;
}

export interface WritableStore<T extends KubeObject> extends Store<T> {
  set(object: T): void;
  remove(key: string): void;
}

/** `namespace/name`, or the name alone for cluster-scoped objects. */
export function keyOf(object: KubeObject): string {
  const { name, namespace } = object.metadata;
  return namespace === undefined ? name : `${namespace}/${name}`;
}

/** Objects by key, with indexes that are kept up to date. */
export function createStore<T extends KubeObject>(
  indexes: Readonly<Record<string, IndexFunction<T>>> = {},
): WritableStore<T> {
  const objects = new Map<string, T>();
  const tables = new Map<string, Map<string, Set<string>>>(Object.keys(indexes).map((name) => [name, new Map()]));

  const drop = (key: string): void => {
    const old = objects.get(key);
    if (old === undefined) return;
    objects.delete(key);
    for (const [name, index] of Object.entries(indexes)) {
      for (const value of index(old)) {
        const keys = tables.get(name)?.get(value);
        keys?.delete(key);
        if (keys?.size === 0) tables.get(name)?.delete(value);
      }
    }
  };

  return {
    get: (key) => objects.get(key),
    list: () => [...objects.values()],
    byIndex: (name, value) => {
      const table = tables.get(name);
      if (table === undefined) throw new Error(`the store has no index "${name}"`);
      return [...(table.get(value) ?? [])].map((key) => objects.get(key)).filter((object) => object !== undefined);
    },
    get size() {
      return objects.size;
    },
    set: (object) => {
      const key = keyOf(object);
      drop(key);
      objects.set(key, object);
      for (const [name, index] of Object.entries(indexes)) {
        const table = tables.get(name);
        for (const value of index(object)) {
          const keys = table?.get(value) ?? new Set();
          keys.add(key);
          table?.set(value, keys);
        }
      }
    },
    remove: drop,
  };
}
