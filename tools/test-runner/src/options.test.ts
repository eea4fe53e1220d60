import { expect, it } from 'vitest';
import { readOptions } from './options.ts';

it('runs all tiers, or those that are named', () => {
  expect(readOptions([])).toEqual({ tiers: ['unit', 'medium', 'e2e'] });
  expect(readOptions(['--tier', 'e2e', '--tier=unit'])).toEqual({ tiers: ['e2e', 'unit'] });
});

it.each([
  [['--help'], 0, /^kaas test \[--tier/],
  [['--odd'], 2, /Unknown option '--odd'\nkaas test \[/],
  [['word'], 2, /Unexpected argument 'word'/],
  [['--tier', 'huge'], 2, /unknown tier huge\n {2}next step: use unit/],
])('%j is answered without a stack trace', (argv, code, text) => {
  const answer = readOptions(argv);
  expect(answer).toEqual({ code, say: expect.stringMatching(text) });
});
