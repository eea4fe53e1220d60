import { defaultHibernation, type HibernationSchedule, type HibernationSettings } from '@matryoshka/domain';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { dueTurn, nextTurn } from './schedule.ts';
import { validateHibernation } from './settings.ts';

const nights: HibernationSchedule = { sleep: '0 20 * * mon-fri', wake: '0 7 * * mon-fri', timeZone: 'Europe/Berlin' };
const settings = (hibernated: boolean, ...schedules: readonly HibernationSchedule[]): HibernationSettings => ({
  hibernated,
  schedules,
});
const at = (text: string): Date => new Date(text);

describe('a schedule', () => {
  // 2026-11-30 is a Monday; Berlin is an hour ahead.
  it.each([
    ['2026-11-30T18:59:59Z', 'awake since 2026-11-30T06:00:00.000Z'],
    ['2026-11-30T19:00:00Z', 'asleep since 2026-11-30T19:00:00.000Z'],
    ['2026-12-05T12:00:00Z', 'asleep since 2026-12-04T19:00:00.000Z'],
    ['2026-12-07T06:00:00Z', 'awake since 2026-12-07T06:00:00.000Z'],
    // Summer time.
    ['2027-06-01T04:59:59Z', 'asleep since 2027-05-31T18:00:00.000Z'],
    ['2027-06-01T05:00:00Z', 'awake since 2027-06-01T05:00:00.000Z'],
  ])('at %s: %s', (now, expected) => {
    const due = dueTurn(settings(false, nights), new Date(0), at(now));
    expect(`${due?.hibernated ? 'asleep' : 'awake'} since ${due?.at.toISOString()}`).toBe(expected);
  });

  it('is found however late somebody looks, and not again once it was decided upon', () => {
    const decided = at('2026-11-01T00:00:00Z');
    expect(dueTurn(settings(false, nights), decided, at('2026-12-06T00:00:00Z'))?.hibernated).toBe(true);
    expect(dueTurn(settings(true, nights), at('2026-12-04T19:00:01Z'), at('2026-12-06T00:00:00Z'))).toBeUndefined();
    expect(dueTurn(defaultHibernation, new Date(0), at('2026-12-06T00:00:00Z'))).toBeUndefined();
  });

  it('tells what changes next', () => {
    const now = at('2026-12-05T12:00:00Z');
    expect(nextTurn(settings(true, nights), now)).toEqual({ at: at('2026-12-07T06:00:00Z'), hibernated: false });
    expect(nextTurn(settings(false, nights), now)).toEqual({ at: at('2026-12-07T19:00:00Z'), hibernated: true });
    expect(nextTurn(settings(true, { ...nights, wake: null }), now)).toBeUndefined();
  });

  it('lets a cluster wake that should sleep at the same moment', () => {
    const both = { sleep: '0 7 * * *', wake: '0 7 * * *', timeZone: 'UTC' };
    expect(dueTurn(settings(false, both), new Date(0), at('2026-12-05T08:00:00Z'))?.hibernated).toBe(false);
  });

  it('is due from the moment that was told, and not before', () => {
    const hour = fc.integer({ min: 0, max: 23 });
    const days = fc.constantFrom('*', 'mon-fri', 'sat,sun', '1');
    const zone = fc.constantFrom('UTC', 'Europe/Berlin', 'America/New_York', 'Asia/Kathmandu');
    const moment = fc.integer({ min: Date.UTC(2026, 0, 1), max: Date.UTC(2027, 0, 1) }).map((ms) => new Date(ms));
    fc.assert(
      fc.property(hour, hour, days, zone, moment, fc.boolean(), (sleep, wake, on, timeZone, now, hibernated) => {
        const schedule = { sleep: `0 ${sleep} * * ${on}`, wake: `30 ${wake} * * ${on}`, timeZone };
        const one = settings(hibernated, schedule);
        const next = nextTurn(one, now);
        if (next === undefined) throw new Error('it turns every week');
        expect(dueTurn(one, now, next.at)).toEqual(next);
        const before = dueTurn(one, now, new Date(next.at.getTime() - 1));
        expect(before === undefined || before.hibernated === hibernated).toBe(true);
      }),
    );
  });
});

describe('settings of hibernation', () => {
  const now = at('2026-11-30T00:00:00Z');
  const codes = (hibernation: unknown): readonly string[] =>
    validateHibernation(hibernation, now).map(
      ({ pointer, code }) => `${pointer.replace('/hibernation/schedules', '')} ${code}`,
    );
  it.each([
    [{ schedules: [nights, { sleep: '0 0 1 * *' }] }, []],
    [{ hibernated: true }, []],
    [{ schedules: [{}] }, ['/0 empty_schedule']],
    [{ schedules: [{ ...nights, timeZone: 'Mars/Olympus' }] }, ['/0/timeZone unknown_time_zone']],
    [{ schedules: [{ ...nights, sleep: '0 25 * * *' }] }, ['/0/sleep invalid_cron']],
    [{ schedules: [{ ...nights, sleep: '0 0 20 * * *' }] }, ['/0/sleep invalid_cron']],
    [{ schedules: [{ ...nights, wake: '0 0 30 2 *' }] }, ['/0/wake never']],
    [{ schedules: [{ ...nights, wake: '*/5 * * * *' }] }, ['/0/wake too_often']],
    [{ schedules: [{ ...nights, wake: '0,10 7 * * *' }] }, ['/0/wake too_often']],
    [{ schedules: Array.from({ length: 11 }, () => nights) }, [' too_many_schedules']],
  ])('%j: %j', (given, expected) => expect(codes(given)).toEqual(expected));

  it('never throw, whatever they are', () => {
    fc.assert(
      fc.property(fc.anything(), (input) => {
        for (const { code } of validateHibernation(input, now)) expect(code).toMatch(/^[a-z_]+$/);
      }),
    );
    fc.assert(
      fc.property(fc.string(), fc.string(), (sleep, timeZone) => {
        for (const { code } of validateHibernation({ schedules: [{ sleep, timeZone }] }, now))
          expect(code).toMatch(/^[a-z_]+$/);
      }),
    );
  });
});
