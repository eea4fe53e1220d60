/** Reads a member deep inside an object of unknown shape; undefined when any step is missing. */
export function at(value: unknown, ...path: readonly string[]): unknown {
  let current = value;
  for (const step of path) {
    if (typeof current !== 'object' || current === null) return undefined;
    current = (current as Record<string, unknown>)[step];
  }
  return current;
}

export function textAt(value: unknown, ...path: readonly string[]): string | undefined {
  const found = at(value, ...path);
  return typeof found === 'string' && found !== '' ? found : undefined;
}

/** A list deep inside an object; empty when there is none. */
export function listAt(value: unknown, ...path: readonly string[]): readonly unknown[] {
  const found = at(value, ...path);
  return Array.isArray(found) ? found : [];
}

export function numberAt(value: unknown, ...path: readonly string[]): number {
  const found = at(value, ...path);
  return typeof found === 'number' ? found : 0;
}

/** A time; that of the call when there is none. */
export function timeAt(value: unknown, ...path: readonly string[]): Date {
  const found = textAt(value, ...path);
  return found === undefined ? new Date() : new Date(found);
}

interface ReadCondition {
  readonly type: string;
  readonly status: string;
  readonly severity?: string;
  readonly reason?: string;
  readonly message?: string;
}

export function conditionsOf(object: unknown): readonly ReadCondition[] {
  return listAt(object, 'status', 'conditions') as readonly ReadCondition[];
}

export function isTrue(object: unknown, type: string): boolean {
  return conditionsOf(object).some((condition) => condition.type === type && condition.status === 'True');
}
