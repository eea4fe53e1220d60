import { expect, it } from 'vitest';
import { parseQuantity } from './quantity.ts';

it.each([
  ['250m', 0.25],
  ['1', 1],
  ['0.5', 0.5],
  ['.5', 0.5],
  ['-1k', -1000],
  ['128Mi', 134_217_728],
  ['1Ki', 1024],
  ['1e3', 1000],
  ['12E', 12e18],
  ['1E2', 100],
  ['100n', 1e-7],
  [4, 4],
])('%s means %d', (text, value) => {
  expect(parseQuantity(text)).toBeCloseTo(value, 12);
});

it.each(['', 'm', '1 Mi', '1mi', 'Ki', '1.2.3', 'x1', '1K'])('%j means nothing', (text) => {
  expect(parseQuantity(text)).toBeNaN();
});
