/** What was taken from a bucket. */
export interface Taken {
  readonly allowed: boolean;
  /** Whole requests that are left. */
  readonly left: number;
  /** Until there is one again; 0 while there is. */
  readonly waitMs: number;
  readonly giveBack: () => void;
}

/** Token buckets by key, in memory: each process counts for itself. */
export interface Buckets {
  take(key: string, now: Date): Taken;
}

interface Bucket {
  left: number;
  at: number;
}

// So many are remembered; beyond, the one that was quiet for longest is forgotten.
const most = 10_000;

/** Each key has `burst` at once, and one more after every `refillMs`. */
export function createBuckets({ burst, refillMs }: { readonly burst: number; readonly refillMs: number }): Buckets {
  // A Map keeps the order of insertion, and a key used is inserted anew: the first one is the quietest.
  const buckets = new Map<string, Bucket>();
  return {
    take: (key, now) => {
      const time = now.getTime();
      const known = buckets.get(key) ?? { left: burst, at: time };
      const left = Math.min(burst, known.left + Math.max(0, time - known.at) / refillMs);
      const allowed = left >= 1;
      const bucket = { left: allowed ? left - 1 : left, at: time };
      buckets.delete(key);
      buckets.set(key, bucket);
      for (const oldest of buckets.keys()) {
        if (buckets.size <= most) break;
        buckets.delete(oldest);
      }
      return {
        allowed,
        left: Math.floor(bucket.left),
        waitMs: bucket.left >= 1 ? 0 : (1 - bucket.left) * refillMs,
        giveBack: () => {
          bucket.left = Math.min(burst, bucket.left + 1);
        },
      };
    },
  };
}
