import { expect, it } from 'vitest';
import { nulViolations } from './nul.ts';

it('finds a NUL wherever it is, and nothing else', () => {
  const places = (value: unknown) => nulViolations(value).map(({ pointer }) => pointer);
  expect(places({ a: 'x', b: ['y', { 'c/d': 'z\0' }], e: null, f: 1, g: '\\u0000' })).toEqual(['/b/1/c~1d']);
  expect(places('\0')).toEqual(['']);
  expect(places({ labels: { 'k\0': 'v' } })).toEqual(['/labels']);
  expect(places(undefined)).toEqual([]);
});
