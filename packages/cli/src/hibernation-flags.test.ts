import { expect, it } from 'vitest';
import { schedulesOf } from './hibernation-flags.ts';

it.each([
  [{}, undefined],
  [{ sleep: 'mon-fri 20:00' }, [{ sleep: '0 20 * * mon-fri', wake: null }]],
  [
    { sleep: 'daily 22:30', wake: '0 7 * * 1-5', timeZone: 'Europe/Berlin' },
    [{ sleep: '30 22 * * *', wake: '0 7 * * 1-5', timeZone: 'Europe/Berlin' }],
  ],
  [{ sleep: 'never' }, []],
  [{ sleep: 'at dusk' }, [{ sleep: 'at dusk', wake: null }]],
])('%j', (options, schedules) => expect(schedulesOf(options)?.schedules).toEqual(schedules));

it('needs a time for a time zone', () => expect(() => schedulesOf({ timeZone: 'UTC' })).toThrow('--time-zone'));
