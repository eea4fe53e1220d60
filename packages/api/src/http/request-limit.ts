import { type Caller, KaasError } from '@matryoshka/application';
import { createBuckets } from './buckets.ts';

/** Keeps one caller from taking the service away from all others. Counts per process. */
export interface RequestLimit {
  /** Counts a request; answers the headers that tell the caller. Throws `rate_limited`. */
  take(caller: Pick<Caller, 'tokenId' | 'userId' | 'projectId'>, now: Date): Readonly<Record<string, string>>;
}

/** So many seconds of requests may come at once. */
const burstSeconds = 6;

/** `perSecond` 0: no limit. */
export function createRequestLimit(perSecond: number): RequestLimit {
  if (perSecond === 0) return { take: () => ({}) };
  const burst = perSecond * burstSeconds;
  const buckets = createBuckets({ burst, refillMs: 1_000 / perSecond });
  return {
    // A person has one bucket per project, whatever sessions; a program's token has its own.
    take: ({ tokenId, userId, projectId }, now) => {
      const { allowed, left, waitMs } = buckets.take(tokenId ?? `${projectId}/${userId}`, now);
      const wait = Math.max(1, Math.ceil(waitMs / 1_000));
      if (!allowed)
        throw new KaasError('rate_limited', `More than ${perSecond} requests per second came from you.`, {
          retryAfterSeconds: wait,
          next: `Wait for ${wait} s; follow changes by the event stream instead of asking often.`,
        });
      // Names after draft-ietf-httpapi-ratelimit-headers: quota and window in seconds; what is left, and when it is whole again.
      return {
        'ratelimit-policy': `"caller";q=${burst};w=${burstSeconds}`,
        ratelimit: `"caller";r=${left};t=${Math.ceil((burst - left) / perSecond)}`,
      };
    },
  };
}
