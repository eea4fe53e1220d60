import { expect, test } from 'vitest';
import { isCurrent, isSubset } from './drift.ts';
import { hashOf, shortHash, withHash } from './hash.ts';

const object = { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: 'a' }, data: { b: '1', a: '2' } };

test('the hash does not depend on the order of members and changes with any value', () => {
  expect(shortHash({ a: 1, b: [{ c: 2, d: 3 }] })).toBe(shortHash({ b: [{ d: 3, c: 2 }], a: 1 }));
  expect(shortHash({ a: 1 })).not.toBe(shortHash({ a: 2 }));
  expect(hashOf(withHash(object))).toMatch(/^[0-9a-f]{10}$/);
});

test.each([
  ['defaults of others', { a: 1 }, { a: 1, b: 2 }, true],
  ['a changed value', { a: 1 }, { a: 2 }, false],
  ['a missing value', { a: { b: 1 } }, { a: {} }, false],
  ['an empty map that was dropped', { a: {} }, {}, true],
  ['an empty map that was defaulted', { a: {} }, { a: { b: 1 } }, true],
  ['list items with defaults', [{ a: 1 }], [{ a: 1, b: 2 }], true],
  ['a longer list', [{ a: 1 }], [{ a: 1 }, { a: 2 }], false],
  ['a list that should be empty', { a: [] }, { a: [1] }, false],
])('%s', (_name, wanted, live, expected) => {
  expect(isSubset(wanted, live)).toBe(expected);
});

test('an object is current only with our hash and untouched fields', () => {
  const wanted = withHash(object);
  expect(isCurrent(wanted, { ...wanted, status: {} })).toBe(true);
  expect(isCurrent(wanted, object)).toBe(false);
  expect(isCurrent(wanted, { ...wanted, data: { a: '2', b: 'by hand' } })).toBe(false);
});
