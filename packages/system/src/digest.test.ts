import { expect, test } from 'vitest';
import { shortHash } from './digest.ts';

test('the hash does not depend on the order of members and changes with any value', () => {
  expect(shortHash({ a: 1, b: [{ c: 2, d: 3 }] })).toBe(shortHash({ b: [{ d: 3, c: 2 }], a: 1 }));
  expect(shortHash({ a: 1 })).not.toBe(shortHash({ a: 2 }));
  expect(shortHash({})).toMatch(/^[0-9a-f]{10}$/);
});
