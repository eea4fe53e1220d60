import { isIPv6 } from 'node:net';
import { KaasError } from '@matryoshka/application';
import { createBuckets } from '../http/buckets.ts';

export interface LoginLimitOptions {
  /** Failed attempts that an address has at once; default 20. */
  readonly burst?: number;
  /** Time after which one more is given back, in milliseconds; default 3 000. */
  readonly refillMs?: number;
}

/** Slows down whoever guesses passwords from one address. Counts per process; only failed attempts use it up. */
export interface LoginLimit {
  /** Takes one attempt of an address; answers how to give it back. Throws `rate_limited`. */
  take(address: string, now: Date): () => void;
}

export function createLoginLimit(options: LoginLimitOptions = {}): LoginLimit {
  const buckets = createBuckets({ burst: options.burst ?? 20, refillMs: options.refillMs ?? 3_000 });
  return {
    take: (address, now) => {
      const { allowed, waitMs, giveBack } = buckets.take(networkOf(address), now);
      if (!allowed) throw tooMany(Math.ceil(waitMs / 1000));
      return giveBack;
    },
  };
}

/** A customer has a whole /64 of IPv6, so that is what counts as one address. */
function networkOf(address: string): string {
  if (!isIPv6(address)) return address;
  const [head = '', tail] = address.split('%')[0]?.split('::') ?? [];
  const first = head === '' ? [] : head.split(':');
  const last = tail === undefined || tail === '' ? [] : tail.split(':');
  const zeros = Array.from({ length: Math.max(0, 8 - first.length - last.length) }, () => '0');
  return [...first, ...zeros, ...last]
    .slice(0, 4)
    .map((part) => Number.parseInt(part, 16))
    .join(':');
}

function tooMany(retryAfterSeconds: number): KaasError {
  return new KaasError('rate_limited', 'Too many failed logins came from your address.', {
    retryAfterSeconds: Math.max(1, retryAfterSeconds),
    next: `Try again in ${Math.max(1, retryAfterSeconds)} seconds.`,
  });
}
