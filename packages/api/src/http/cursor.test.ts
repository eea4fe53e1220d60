import { KaasError } from '@matryoshka/application';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { decodeCursor, encodeCursor, pageOf } from './cursor.ts';

const scope = ['cluster.list', 'p1', undefined];
const keep = (key: readonly string[]) => key;
const invalid = (work: () => unknown): boolean => {
  try {
    work();
    return false;
  } catch (error) {
    return error instanceof KaasError && error.violations[0]?.code === 'invalid_cursor';
  }
};
// PostgreSQL has no NUL in texts, so no key has one.
const key = fc.array(fc.string({ unit: 'grapheme' }).filter((text) => !text.includes('\0')));

describe('a cursor', () => {
  it('gives back what it was made of', () => {
    fc.assert(
      fc.property(key, (parts) => {
        expect(decodeCursor(scope, encodeCursor(scope, parts), keep)).toEqual(parts);
      }),
    );
    expect(decodeCursor(scope, undefined, keep)).toBeUndefined();
  });

  it('belongs to one list: other list, project or filter refuse it', () => {
    const part = fc.option(fc.string(), { nil: undefined });
    fc.assert(
      fc.property(fc.array(part), fc.array(part), key, (mine, other, parts) => {
        fc.pre(JSON.stringify(mine) !== JSON.stringify(other));
        expect(invalid(() => decodeCursor(other, encodeCursor(mine, parts), keep))).toBe(true);
      }),
    );
  });

  it('is refused when made up, changed, or unreadable for its list', () => {
    fc.assert(
      fc.property(fc.string(), (text) => {
        expect(invalid(() => decodeCursor(scope, text, keep))).toBe(true);
      }),
    );
    fc.assert(
      fc.property(fc.json(), (json) => {
        const text = Buffer.from(json).toString('base64url');
        expect(invalid(() => decodeCursor(scope, text, keep))).toBe(true);
      }),
    );
    const mine = JSON.parse(Buffer.from(encodeCursor(scope, ['a']), 'base64url').toString()) as unknown[];
    for (const changed of [
      [...mine, 1],
      [...mine, null],
      [...mine, 'x\0'],
    ])
      expect(invalid(() => decodeCursor(scope, Buffer.from(JSON.stringify(changed)).toString('base64url'), keep))).toBe(
        true,
      );
    expect(invalid(() => decodeCursor(scope, encodeCursor(scope, ['a']), () => undefined))).toBe(true);
  });
});

describe('a page', () => {
  it('walks a list of any length without loss or doubles', () => {
    const parts = { key: (row: string) => [row], view: (row: string) => row };
    fc.assert(
      fc.property(fc.uniqueArray(fc.stringMatching(/^[a-z]{1,4}$/)), fc.integer({ min: 1, max: 5 }), (names, limit) => {
        const rows = [...names].sort();
        const seen: string[] = [];
        for (let cursor: string | undefined; ; ) {
          const [after] = decodeCursor(scope, cursor, keep) ?? [];
          const found = rows.filter((row) => after === undefined || row > after).slice(0, limit + 1);
          const page = pageOf(scope, found, limit, parts);
          seen.push(...page.items);
          cursor = page.nextCursor;
          if (cursor === undefined) break;
          expect(page.items).toHaveLength(limit);
        }
        expect(seen).toEqual(rows);
      }),
    );
  });
});
