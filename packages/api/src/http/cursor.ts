import { createHash } from 'node:crypto';
import { refuseViolations } from '@matryoshka/application';

/** What a cursor belongs to: a list of one project with its filters. */
export type CursorScope = readonly (string | undefined)[];

/** An opaque place in a list: where the last page ended. It is no secret and needs no signature: it only says where to go on. */
export function encodeCursor(scope: CursorScope, key: readonly string[]): string {
  return Buffer.from(JSON.stringify([tagOf(scope), ...key])).toString('base64url');
}

/** The key that `encodeCursor` was given. Throws `validation_failed` for anything that is not a cursor of this very list. */
export function decodeCursor<Key>(
  scope: CursorScope,
  cursor: string | undefined,
  read: (key: readonly string[]) => Key | undefined,
): Key | undefined {
  if (cursor === undefined) return undefined;
  const key = partsOf(scope, cursor);
  const value = key === undefined ? undefined : read(key);
  if (value === undefined)
    refuseViolations([{ pointer: '?cursor', code: 'invalid_cursor', message: 'is not a cursor of this list' }]);
  return value;
}

function partsOf(scope: CursorScope, cursor: string): readonly string[] | undefined {
  let parts: unknown;
  try {
    parts = JSON.parse(Buffer.from(cursor, 'base64url').toString('utf8'));
  } catch {
    return undefined;
  }
  if (!Array.isArray(parts) || parts[0] !== tagOf(scope)) return undefined;
  const key: readonly unknown[] = parts.slice(1);
  return key.every((part) => typeof part === 'string' && !part.includes('\0')) ? (key as readonly string[]) : undefined;
}

function tagOf(scope: CursorScope): string {
  return createHash('sha256')
    .update(JSON.stringify(scope.map((part) => part ?? null)))
    .digest('base64url')
    .slice(0, 12);
}

/** One page from rows of which one more was read than the page holds. */
export function pageOf<Row, Item>(
  scope: CursorScope,
  rows: readonly Row[],
  limit: number,
  parts: { readonly key: (row: Row) => readonly string[]; readonly view: (row: Row) => Item },
): { items: Item[]; nextCursor?: string } {
  const shown = rows.slice(0, limit);
  const last = rows.length > limit ? shown.at(-1) : undefined;
  return {
    items: shown.map(parts.view),
    ...(last === undefined ? {} : { nextCursor: encodeCursor(scope, parts.key(last)) }),
  };
}

/** The last row of the page before, of rows that are sorted by time and a name; undefined for what is none. */
export function readTimeKey([time = '', id]: readonly string[]):
  | { readonly at: Date; readonly id: string }
  | undefined {
  const at = new Date(time);
  if (id === undefined || Number.isNaN(at.getTime()) || at.toISOString() !== time) return undefined;
  return { at, id };
}
