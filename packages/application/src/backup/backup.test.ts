import { defaultBackup } from '@matryoshka/domain';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { isBackupDue } from './due-backup.ts';
import { backupSettingsOf, backupSettingsView, validateBackupSettings } from './settings.ts';

const at = (text: string): Date => new Date(text);
const now = at('2026-11-30T12:00:00Z');

describe('a schedule of backups', () => {
  it.each([
    ['2026-11-30T01:59:00Z', '2026-11-30T12:00:00Z', true],
    ['2026-11-30T02:00:00Z', '2026-11-30T12:00:00Z', false],
    ['2026-11-30T02:00:00Z', '2026-12-01T01:59:59Z', false],
    ['2026-11-30T02:00:00Z', '2026-12-01T02:00:00Z', true],
    // Nobody looked for a week: one is made.
    ['2026-11-20T02:00:00Z', '2026-11-30T12:00:00Z', true],
  ])('last at %s, now %s: %s', (last, when, due) => expect(isBackupDue(defaultBackup, at(last), at(when))).toBe(due));

  it('may be none', () => {
    const none = { ...defaultBackup, schedule: null };
    expect(isBackupDue(none, new Date(0), now)).toBe(false);
    expect(backupSettingsView({ backup: none, recoverableFrom: null }, now).next).toBeNull();
  });

  it('is told, and changed in parts', () => {
    const recoverableFrom = new Date('2026-11-20T00:00:00Z');
    expect(backupSettingsView({ backup: defaultBackup, recoverableFrom }, now)).toEqual({
      ...defaultBackup,
      next: '2026-12-01T02:00:00.000Z',
      recoverableFrom: '2026-11-20T00:00:00.000Z',
    });
    expect(backupSettingsOf({ keep: 3 }, defaultBackup)).toEqual({ ...defaultBackup, keep: 3 });
    expect(backupSettingsOf({ schedule: null }, defaultBackup).schedule).toBeNull();
  });
});

describe('settings of backups', () => {
  it.each([
    [{ schedule: '0 */6 * * *', timeZone: 'Asia/Tokyo', keep: 10 }, []],
    [{ schedule: null }, []],
    [{ schedule: '*/10 * * * *' }, ['/backup/schedule too_often']],
    [{ schedule: 'daily' }, ['/backup/schedule invalid_cron']],
    [{ timeZone: 'Mars/Olympus' }, ['/backup/timeZone unknown_time_zone']],
  ])('%j: %j', (given, expected) =>
    expect(validateBackupSettings(given, now).map(({ pointer, code }) => `${pointer} ${code}`)).toEqual(expected),
  );

  it('never throw, whatever they are', () => {
    fc.assert(
      fc.property(fc.anything(), (input) => {
        for (const { code } of validateBackupSettings(input, now)) expect(code).toMatch(/^[a-z_]+$/);
      }),
    );
  });
});
