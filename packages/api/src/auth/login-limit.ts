import { isIPv6 } from 'node:net';
import { KaasError } from '@matryoshka/application';

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

interface Bucket {
  left: number;
  at: number;
}

// So many addresses are remembered; beyond, the one that was quiet for longest is forgotten.
const maxAddresses = 10_000;

export function createLoginLimit(options: LoginLimitOptions = {}): LoginLimit {
  const burst = options.burst ?? 20;
  const refillMs = options.refillMs ?? 3_000;
  // A Map keeps the order of insertion, and an address used is inserted anew: the first one is the quietest.
  const buckets = new Map<string, Bucket>();
  return {
    take: (address, now) => {
      const key = networkOf(address);
      const time = now.getTime();
      const known = buckets.get(key) ?? { left: burst, at: time };
      const left = Math.min(burst, known.left + Math.max(0, time - known.at) / refillMs);
      buckets.delete(key);
      const allowed = left >= 1;
      const bucket = { left: allowed ? left - 1 : left, at: time };
      buckets.set(key, bucket);
      for (const oldest of buckets.keys()) {
        if (buckets.size <= maxAddresses) break;
        buckets.delete(oldest);
      }
      if (!allowed) throw tooMany(Math.ceil(((1 - left) * refillMs) / 1000));
      return () => {
        bucket.left = Math.min(burst, bucket.left + 1);
      };
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
