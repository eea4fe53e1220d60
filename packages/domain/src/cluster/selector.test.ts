import { describe, expect, it } from 'vitest';
import { parseSelector } from './selector.ts';

describe('a label selector', () => {
  it.each([
    ['env=prod', [{ key: 'env', operator: 'in', values: ['prod'] }]],
    ['env == prod', [{ key: 'env', operator: 'in', values: ['prod'] }]],
    ['env!=', [{ key: 'env', operator: 'notin', values: [''] }]],
    ['example.com/team in ( a,b )', [{ key: 'example.com/team', operator: 'in', values: ['a', 'b'] }]],
    ['env', [{ key: 'env', operator: 'exists', values: [] }]],
    [
      '! env , in in (in), notin notin (x)',
      [
        { key: 'env', operator: 'absent', values: [] },
        { key: 'in', operator: 'in', values: ['in'] },
        { key: 'notin', operator: 'notin', values: ['x'] },
      ],
    ],
  ])('%s', (text, wanted) => {
    expect(parseSelector(text)).toEqual(wanted);
  });

  it.each([
    '',
    ',',
    'a=b,',
    'a=b=c',
    'a in b',
    'a in (b',
    'a in (b))',
    '=b',
    '!',
    '-a=b',
    'a b',
    'a in (b c)',
    'ключ=1',
  ])('%j is none', (text) => {
    expect(parseSelector(text)).toBeUndefined();
  });
});
