import type { Failure } from '@matryoshka/domain';

/** Words of OpenStack that mean: the customer's project is full. */
const quotaWords = /quota|exceeded|OverLimit|no more IP addresses/i;

/** Says who must act for a reason that OpenStack gave. */
export function explainOpenStack(reason: string, message: string): Failure {
  if (quotaWords.test(message))
    return {
      reason: 'QuotaExceeded',
      message: `${message} Free resources in the project or ask for a larger quota.`,
      actor: 'user',
    };
  if (/No valid host/i.test(message))
    return {
      reason: 'NoCapacity',
      message: `${message} The cloud has no room for this flavor now.`,
      actor: 'provider',
    };
  return { reason, message, actor: 'provider' };
}
