import { KaasError } from '@matryoshka/application';
import { describe, expect, it } from 'vitest';
import { createLoginLimit } from './login-limit.ts';

const at = (seconds: number) => new Date(1_800_000_000_000 + seconds * 1000);
/** Seconds to wait, or 0 when the attempt is taken. */
const waitOf = (work: () => unknown): number => {
  try {
    work();
    return 0;
  } catch (error) {
    if (!(error instanceof KaasError) || error.code !== 'rate_limited') throw error;
    return error.retryAfterSeconds ?? Number.NaN;
  }
};

describe('the limit of logins', () => {
  const limit = () => createLoginLimit({ burst: 3, refillMs: 10_000 });

  it('lets a burst through, then one at a time, and says how long to wait', () => {
    const { take } = limit();
    const waits = [0, 0, 0, 0, 4, 10, 10, 29].map((second) => waitOf(() => take('192.0.2.1', at(second))));
    expect(waits).toEqual([0, 0, 0, 10, 6, 0, 10, 0]);
  });

  it('costs nothing when the login goes well', () => {
    const { take } = limit();
    for (let n = 0; n < 50; n += 1) take('192.0.2.1', at(0))();
    expect(waitOf(() => take('192.0.2.1', at(0)))).toBe(0);
  });

  it('is each address’s own, and one for a /64 of IPv6', () => {
    const { take } = limit();
    for (const last of ['1', 'ffff', 'a:b:c:d']) take(`2001:db8:0:1:${last === 'a:b:c:d' ? last : `:${last}`}`, at(0));
    expect(waitOf(() => take('2001:db8::1:0:0:0:9', at(0)))).toBe(10);
    expect(waitOf(() => take('2001:db8:0:2::1', at(0)))).toBe(0);
    expect(waitOf(() => take('192.0.2.1', at(0)))).toBe(0);
  });

  it('does not remember without end', () => {
    const { take } = limit();
    for (let n = 0; n < 3; n += 1) take('192.0.2.1', at(0));
    expect(waitOf(() => take('192.0.2.1', at(0)))).toBe(10);
    for (let n = 0; n < 10_000; n += 1) take(`10.${n >> 16}.${(n >> 8) & 255}.${n & 255}`, at(0));
    expect(waitOf(() => take('192.0.2.1', at(0)))).toBe(0);
  });
});
