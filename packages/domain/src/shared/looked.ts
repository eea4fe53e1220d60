/** The answer to "is it there?": an observer that could not look must say so, because "unknown" must never be taken for "absent". */
export type Looked<T> =
  | { readonly state: 'present'; readonly value: T }
  | { readonly state: 'absent' }
  | { readonly state: 'unknown'; readonly reason: string };

export const absent = { state: 'absent' } as const;

export function present<T>(value: T): Looked<T> {
  return { state: 'present', value };
}

export function unknown(reason: string): { readonly state: 'unknown'; readonly reason: string } {
  return { state: 'unknown', reason };
}

/** The value when it is there, else undefined (for absent and for unknown: ask `state` when the difference matters). */
export function seen<T>(looked: Looked<T>): T | undefined {
  return looked.state === 'present' ? looked.value : undefined;
}
