import { describe, expect, it } from 'vitest';
import { momentOf } from './moment.ts';

const now = new Date('2026-12-01T12:00:00Z');

describe('a moment on the command line', () => {
  it.each([
    ['10m', '2026-12-01T11:50:00.000Z'],
    ['2h', '2026-12-01T10:00:00.000Z'],
    ['90', '2026-12-01T11:58:30.000Z'],
    // The service says what is wrong with one that is none.
    ['2026-12-24T18:00:00Z', '2026-12-24T18:00:00Z'],
    ['2026-13-99', '2026-13-99'],
  ])('%s', (text, moment) => expect(momentOf(text, now)).toBe(moment));

  it.each(['yesterday', '', '-5m', '10x'])('%s is none', (text) => {
    expect(() => momentOf(text, now)).toThrow(/no time and no duration/);
  });
});
