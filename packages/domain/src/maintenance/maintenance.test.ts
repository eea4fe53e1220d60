import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { isOpen, nextOpening } from './opening.ts';
import { newerPatch, poolBehind } from './patch.ts';
import { defaultMaintenance, type MaintenanceSettings, validateMaintenance, weekdays } from './settings.ts';

const saturdays: MaintenanceSettings = {
  ...defaultMaintenance,
  window: { days: ['sat'], start: '22:00', durationMinutes: 240 },
};
// 2026-11-28 is a Saturday.
const at = (text: string): Date => new Date(text);

describe('a maintenance window', () => {
  it.each([
    ['2026-11-28T21:59:59Z', false],
    ['2026-11-28T22:00:00Z', true],
    ['2026-11-29T01:59:59Z', true],
    ['2026-11-29T02:00:00Z', false],
    ['2026-11-29T22:30:00Z', false],
  ])('over midnight, at %s: %s', (moment, expected) => expect(isOpen(saturdays, at(moment))).toBe(expected));

  it('is always open where there is none', () => {
    expect(isOpen(defaultMaintenance, at('2026-11-28T12:00:00Z'))).toBe(true);
    expect(nextOpening(defaultMaintenance, at('2026-11-28T12:00:00Z'))).toBeNull();
  });

  it('opens next when no exclusion covers it, or for what is left of it', () => {
    const from = (exclusions: MaintenanceSettings['exclusions'], now = '2026-11-28T12:00:00Z') =>
      nextOpening({ ...saturdays, exclusions }, at(now))?.from.toISOString();
    expect(from([])).toBe('2026-11-28T22:00:00.000Z');
    expect(from([], '2026-11-29T01:00:00Z')).toBe('2026-11-28T22:00:00.000Z');
    expect(from([], '2026-11-29T02:00:00Z')).toBe('2026-12-05T22:00:00.000Z');
    const exclusion = { from: '2026-11-28T00:00:00Z', until: '2026-11-28T23:00:00Z' };
    expect(from([exclusion])).toBe('2026-11-28T23:00:00.000Z');
    expect(from([exclusion, { from: '2026-11-28T22:30:00Z', until: '2026-11-30T00:00:00Z' }])).toBe(
      '2026-12-05T22:00:00.000Z',
    );
    expect(isOpen({ ...saturdays, exclusions: [exclusion] }, at('2026-11-28T22:30:00Z'))).toBe(false);
  });

  it('is open from the moment that was named, and closed until then', () => {
    const minute = fc.integer({ min: 0, max: 59 });
    const window = fc.record({
      days: fc.uniqueArray(fc.constantFrom(...weekdays), { minLength: 1 }),
      start: fc
        .tuple(fc.integer({ min: 0, max: 23 }), minute)
        .map((parts) => parts.map((n) => String(n).padStart(2, '0')).join(':')),
      durationMinutes: fc.integer({ min: 30, max: 1440 }),
    });
    const moment = fc.integer({ min: Date.UTC(2026, 0, 1), max: Date.UTC(2027, 0, 1) }).map((ms) => new Date(ms));
    fc.assert(
      fc.property(window, moment, fc.double({ min: 0, max: 0.999, noNaN: true }), (one, now, share) => {
        const settings = { ...defaultMaintenance, window: one };
        const opening = nextOpening(settings, now);
        if (opening === null) throw new Error('it opens every week');
        const begins = Math.max(opening.from.getTime(), now.getTime());
        expect(isOpen(settings, new Date(begins))).toBe(true);
        if (opening.from > now) {
          const wait = opening.from.getTime() - now.getTime();
          expect(isOpen(settings, new Date(now.getTime() + Math.floor(wait * share)))).toBe(false);
        }
      }),
    );
  });
});

describe('settings of maintenance', () => {
  const codes = (maintenance: unknown): readonly string[] =>
    validateMaintenance(maintenance).map(({ pointer, code }) => `${pointer.replace('/maintenance', '')} ${code}`);
  const window = { days: ['sat'], start: '02:00', durationMinutes: 60 };
  const exclusion = { from: '2026-12-20T00:00:00Z', until: '2027-01-05T00:00:00Z' };

  it.each([
    [{ window, exclusions: [exclusion], autoUpgrade: 'patch' }, []],
    [{ window: null }, []],
    [{ window: { ...window, days: [] } }, ['/window/days no_day']],
    [{ window: { ...window, days: ['sat', 'sat'] } }, ['/window/days duplicate_day']],
    [{ window: { ...window, start: '24:00' } }, ['/window/start invalid_time']],
    [{ window: { ...window, durationMinutes: 29 } }, ['/window/durationMinutes out_of_range']],
    [{ exclusions: [{ ...exclusion, until: exclusion.from }] }, ['/exclusions/0/until ends_before_it_begins']],
    [{ exclusions: [{ ...exclusion, until: '2027-06-01T00:00:00Z' }] }, ['/exclusions/0 exclusion_too_long']],
    [{ exclusions: [{ ...exclusion, from: 'tomorrow' }] }, ['/exclusions/0/from invalid_time']],
    [{ exclusions: Array.from({ length: 21 }, () => exclusion) }, ['/exclusions too_many_exclusions']],
  ])('%j: %j', (given, expected) => expect(codes(given)).toEqual(expected));

  it('never throw, whatever they are', () => {
    fc.assert(
      fc.property(fc.anything(), (input) => {
        for (const { code } of validateMaintenance(input)) expect(code).toMatch(/^[a-z_]+$/);
      }),
    );
  });
});

describe('a patch', () => {
  const offer = (version: string, state: 'offered' | 'deprecated' | 'withdrawn' = 'offered', hasImage = true) => ({
    ...{ version, state, hasImage },
  });
  const offers = [
    offer('v1.36.3'),
    offer('v1.36.10'),
    offer('v1.36.11', 'withdrawn'),
    offer('v1.36.12', 'offered', false),
    offer('v1.37.0'),
  ];

  it('is the newest of the same minor that is offered', () => {
    expect(newerPatch('v1.36.3', offers)).toBe('v1.36.10');
    expect(newerPatch('v1.36.10', offers)).toBeUndefined();
    expect(newerPatch('v1.35.1', offers)).toBeUndefined();
    expect(newerPatch('nonsense', offers)).toBeUndefined();
  });

  it('is for pools of the same minor only: another minor is their owner’s decision', () => {
    const pools = [{ kubernetesVersion: 'v1.35.9' }, { kubernetesVersion: 'v1.36.3' }];
    expect(poolBehind('v1.36.10', pools)).toBe(pools[1]);
    expect(poolBehind('v1.36.3', pools)).toBeUndefined();
  });
});
