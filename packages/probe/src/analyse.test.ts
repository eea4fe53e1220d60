import { describe, expect, it } from 'vitest';
import { analyse, longestGap, missing, percentile } from './analyse.ts';
import type { Recording, Sample } from './model.ts';
import { reportText } from './text.ts';
import { timeline } from './timeline.ts';

const recording = (change: Partial<Recording>): Recording => ({
  ...{ startedAt: '2026-11-28T00:00:00.000Z', server: 'https://cluster.test:6443', durationMs: 1_000, intervalMs: 50 },
  ...{ execIntervalMs: 500 },
  ...{ samples: [], acknowledged: [], arrivals: [], lost: [], watchBreaks: [], watchExpired: [] },
  ...change,
});
const read = (at: number, change: Partial<Sample> = {}): Sample => ({
  kind: 'read',
  at,
  tookMs: 10,
  ok: true,
  ...change,
});

describe('gaps', () => {
  it('count from the beginning, between successes and to the end', () => {
    expect(longestGap('read', [300, 400], 500)).toEqual({ kind: 'read', at: 0, ms: 300 });
    expect(longestGap('read', [400, 100], 500)).toEqual({ kind: 'read', at: 100, ms: 300 });
    expect(longestGap('read', [100, 150], 500)).toEqual({ kind: 'read', at: 150, ms: 350 });
    expect(longestGap('read', [], 500)).toEqual({ kind: 'read', at: 0, ms: 500 });
    expect(longestGap('read', [], 0)).toBeNull();
  });

  it('end with an answer to a repetition, and with nothing that failed', () => {
    const samples = [
      read(100),
      read(200, { ok: false, repeatOk: false, error: 'reset' }),
      read(500, { ok: false, repeatOk: true, tookMs: 90, error: 'reset' }),
      read(900),
    ];
    const { calls } = analyse(recording({ samples }));
    expect(calls.read).toMatchObject({ calls: 4, failed: 2, failedTwice: 1, errors: { reset: 2 } });
    expect(calls.read?.longestGap).toEqual({ kind: 'read', at: 110, ms: 480 });
    expect(calls.exec).toBeUndefined();
  });
});

it('percentiles are values that were seen', () => {
  expect(percentile([5, 1, 9], 0.5)).toBe(5);
  expect(percentile([5, 1, 9], 0.99)).toBe(9);
  expect(percentile([], 0.5)).toBe(0);
});

describe('the watch', () => {
  const acknowledged = ['a', 'b', 'c', 'd'].map((name, i) => ({ name, at: i * 100 }));
  const arrival = (name: string, at: number, version: number) => ({ name, at, version });

  it('is held against what was acknowledged', () => {
    const arrivals = [arrival('a', 5, 1), arrival('c', 290, 3), arrival('b', 295, 2), arrival('b', 300, 2)];
    const { watch } = analyse(recording({ acknowledged, arrivals, watchBreaks: [250] }));
    expect(watch).toMatchObject({ events: 4, missing: ['d'], doubled: 1, reordered: 2, breaks: 1, expired: 0 });
    expect(watch).toMatchObject({ lagP50Ms: 90, lagMaxMs: 195 });
  });

  it('that had to list again misses nothing that the list had, and a list has no order', () => {
    const arrivals = [arrival('a', 5, 1), arrival('d', 310, 4), { ...arrival('b', 320, 2), listed: true as const }];
    const { watch } = analyse(recording({ acknowledged, arrivals, watchExpired: [300] }));
    expect(watch).toMatchObject({ missing: ['c'], doubled: 0, reordered: 0, expired: 1, lagMaxMs: 220 });
  });

  it('is not complete because something arrived that was never acknowledged', () => {
    expect(missing(acknowledged.slice(0, 2), [arrival('a', 5, 1), arrival('x', 6, 2)])).toEqual(['b']);
  });

  it('may tell of a write before its answer is here', () => {
    const { watch } = analyse(
      recording({ acknowledged, arrivals: acknowledged.map(({ name }, i) => arrival(name, i * 100 - 3, i + 1)) }),
    );
    expect(watch).toMatchObject({ missing: [], lagMaxMs: 0, reordered: 0 });
  });
});

it('is said and drawn with everything that went wrong, and with nothing that could run in a browser', () => {
  const nasty = '<script>alert(1)</script>';
  const seen = recording({
    samples: [read(100), read(800, { ok: false, repeatOk: false, error: nasty })],
    acknowledged: [{ name: 'a', at: 10 }],
    lost: ['a'],
  });
  const text = reportText(analyse(seen));
  expect(text).toContain('1 acknowledged, 1 of them lost: a');
  expect(text).toContain(`1 × read: ${nasty}`);
  const svg = timeline(seen);
  expect(svg).not.toContain('<script');
  expect(svg).toContain('&lt;script&gt;');
  expect(svg).toContain('890 ms without');
});
