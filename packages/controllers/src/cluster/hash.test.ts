import { expect, test } from 'vitest';
import { differences, isCurrent } from './drift.ts';
import { withHash } from './hash.ts';

const object = { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: 'a' }, data: { b: '1', a: '2' } };

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
  expect(differences(wanted, live).length === 0).toBe(expected);
});

test('an object is current only with our hash and untouched fields', () => {
  const wanted = withHash(object);
  expect(isCurrent(wanted, { ...wanted, status: {} })).toBe(true);
  expect(isCurrent(wanted, object)).toBe(false);
  expect(isCurrent(wanted, { ...wanted, data: { a: '2', b: 'by hand' } })).toBe(false);
});

test('names where something differs', () => {
  const wanted = { a: { 'x/y': 1, list: [1, { b: 2 }] }, same: 1, gone: 'z' };
  const live = { a: { 'x/y': 2, list: [1, { b: 3 }], more: 1 }, same: 1 };
  expect(differences(wanted, live)).toEqual(['/a/x~1y', '/a/list/1/b', '/gone']);
  expect(differences({ list: [1, 2] }, { list: [1] })).toEqual(['/list']);
});
