import { expect, it } from 'vitest';
import { maintenanceOf, parseWindow } from './maintenance-flags.ts';

it('reads windows as people write them', () => {
  expect(parseWindow('sat,Sunday 02:00 4h')).toEqual({ days: ['sat', 'sun'], start: '02:00', durationMinutes: 240 });
  expect(parseWindow('daily  22:30 90m')?.days).toHaveLength(7);
  expect(parseWindow('any')).toBeNull();
  for (const text of ['sat', 'sat 02:00', 'caturday 02:00 4h', 'sat 02:00 soon', 'sat 02:00 4h more', ''])
    expect(() => parseWindow(text)).toThrow();
});

it('says only what was given', () => {
  expect(maintenanceOf({ maintenanceExclude: [] })).toBeUndefined();
  expect(maintenanceOf({ maintenanceExclude: ['none'] })).toEqual({ exclusions: [] });
  expect(maintenanceOf({ maintenanceExclude: ['2026-12-20/2027-01-05T12:00:00Z'], autoUpgrade: 'patch' })).toEqual({
    exclusions: [{ from: '2026-12-20T00:00:00Z', until: '2027-01-05T12:00:00Z' }],
    autoUpgrade: 'patch',
  });
  expect(() => maintenanceOf({ maintenanceExclude: ['2026-12-20'] })).toThrow('FROM/UNTIL');
});
