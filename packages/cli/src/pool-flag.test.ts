import { describe, expect, it } from 'vitest';
import { formatAge, formatTable } from './output/table.ts';
import { parseDuration } from './parse-duration.ts';
import { parseLabels, parsePool, parseTaints } from './pool-flag.ts';

describe('flags', () => {
  it('reads pools, labels and taints', () => {
    expect(parsePool('workers:m1.medium:2')).toEqual({ name: 'workers', flavor: 'm1.medium', count: 2 });
    expect(parseLabels(['a=1,b=', 'c=x=y'])).toEqual({ a: '1', b: '', c: 'x=y' });
    expect(parseTaints(['gpu=yes:NoSchedule', 'spot:NoExecute'])).toEqual([
      { key: 'gpu', value: 'yes', effect: 'NoSchedule' },
      { key: 'spot', effect: 'NoExecute' },
    ]);
  });
  it.each(['a', 'a:b', 'a:b:x', 'a:b:1:c', ':b:1', 'a:b:1.5', 'a:b:-1'])('refuses the pool %s', (text) => {
    expect(() => parsePool(text)).toThrow();
  });
  it.each(['a', '=x', ''])('refuses the label %s', (text) => expect(() => parseLabels([text])).toThrow());
  it.each(['a=b', 'a=b:Sometimes', ':NoSchedule'])('refuses the taint %s', (text) => {
    expect(() => parseTaints([text])).toThrow();
  });
  it('reads durations', () => {
    expect([parseDuration('90'), parseDuration('1h30m'), parseDuration('250ms')]).toEqual([90_000, 5_400_000, 250]);
    expect(() => parseDuration('-1s')).toThrow();
  });
});

describe('tables', () => {
  it('marks empty cells and keeps one row per line', () => {
    const columns = [
      { head: 'A', cell: (row: string) => row },
      { head: 'B', cell: () => 'x', wide: true as const },
    ];
    expect(formatTable(['', 'two\nlines'], columns)).toBe('A\n-\ntwo lines\n');
    expect(formatTable(['a'], columns, { wide: true, heads: false })).toBe('a   x\n');
  });
  it('shows ages like kubectl', () => {
    const now = new Date('2026-11-24T00:00:00Z');
    const ages = ['2026-11-23T23:59:30Z', '2026-11-23T23:00:00Z', '2026-11-23T00:00:00Z', '2026-11-20T00:00:00Z'];
    expect(ages.map((age) => formatAge(age, now))).toEqual(['30s', '60m', '24h', '4d']);
  });
});
