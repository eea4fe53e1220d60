import { describe, expect, it } from 'vitest';
import { validatePriceList } from '../price/validate.ts';
import { monthOf, periodOf } from './period.ts';

const now = new Date('2026-12-31T23:30:00Z');

describe('a period', () => {
  it('is this month until now, in UTC', () => {
    expect(monthOf(now)).toEqual({ from: new Date('2026-12-01'), to: new Date('2027-01-01') });
    expect(periodOf({}, now)).toEqual({
      period: { from: new Date('2026-12-01'), to: now, interval: 'total' },
      violations: [],
    });
  });

  it.each([
    [{ from: '2027-01-01T00:00:00Z' }, 'must not be after its end'],
    [{ from: '2024-01-01T00:00:00Z' }, 'at most 400 days by total'],
    [{ from: '2026-12-01T00:00:00Z', interval: 'hour' as const }, 'at most 7 days by hour'],
  ])('%j is refused', (query, message) => {
    expect(periodOf(query, now).violations).toMatchObject([{ pointer: '?from', code: 'invalid_period', message }]);
  });
});

describe('a price list', () => {
  const last = { currency: 'EUR', validFrom: new Date('2026-12-01T00:00:00Z') };
  const facts = { now, last, flavors: ['m1.small'], tiers: ['standard', 'ha'] };
  const price = (item: string, sku = '') => ({ item, sku, perHour: '1' });
  const codes = (difference: object, known: Partial<typeof facts> = {}) =>
    validatePriceList({ currency: 'EUR', prices: [price('node')], ...difference }, { ...facts, ...known }).map(
      ({ pointer, code }) => `${pointer} ${code}`,
    );

  it('may begin now or later, in the currency of those before', () => {
    expect(codes({})).toEqual([]);
    expect(codes({ validFrom: '2027-01-01T00:00:00Z' })).toEqual([]);
    expect(codes({ prices: [price('node', 'm1.small'), price('control-plane', 'ha'), price('volume')] })).toEqual([]);
  });

  it('is refused with every reason at once', () => {
    expect(codes({ currency: 'USD', validFrom: '2026-11-30T00:00:00Z' })).toEqual([
      '/currency other_currency',
      '/validFrom in_the_past',
      '/validFrom before_the_last',
    ]);
    expect(codes({ prices: [price('node'), price('node'), price('node', 'huge'), price('volume', 'fast')] })).toEqual([
      '/prices/1 twice',
      '/prices/2/sku unknown_sku',
      '/prices/3/sku unknown_sku',
    ]);
  });
});
