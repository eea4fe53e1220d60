import { expect, it } from 'vitest';
import { masked, secretsOf } from './mask.ts';

it('knows the secrets of a request by where they stand', () => {
  const body = { user: 'ann', password: 'pass"word', clientSecret: 'geheim', count: 3, token: ['x'], secret: 'abc' };
  expect(secretsOf({ headers: { authorization: 'Bearer tok_12345' }, body })).toEqual([
    'pass"word',
    'geheim',
    'tok_12345',
  ]);
  expect(secretsOf({ headers: {}, body: null })).toEqual([]);
  expect(secretsOf({ headers: { authorization: 'odd' }, body: 'password=x' })).toEqual([]);
});

it('takes them out of every text, and leaves the rest', () => {
  const error = { type: 'Error', message: 'no user pass"word', stack: 'Error: pass"word\n  at x', nested: { n: 1 } };
  expect(masked(error, ['pass"word'])).toEqual({
    ...{ type: 'Error', message: 'no user [masked]', stack: 'Error: [masked]\n  at x', nested: { n: 1 } },
  });
  expect(masked(error, [])).toBe(error);
});
