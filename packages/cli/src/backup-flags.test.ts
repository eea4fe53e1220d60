import { expect, it } from 'vitest';
import { backupsOf } from './backup-flags.ts';

it.each([
  [{}, undefined],
  [{ backup: 'daily 02:30' }, { schedule: '30 2 * * *' }],
  [{ backup: 'never' }, { schedule: null }],
  [
    { backup: '0 */6 * * *', backupKeep: '14', backupTimeZone: 'Asia/Tokyo' },
    { schedule: '0 */6 * * *', keep: 14, timeZone: 'Asia/Tokyo' },
  ],
])('%j', (options, settings) => expect(backupsOf(options)).toEqual(settings));

it('needs a number', () => expect(() => backupsOf({ backupKeep: 'all' })).toThrow('--backup-keep all'));
