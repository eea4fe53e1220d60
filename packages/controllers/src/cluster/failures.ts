import type { ClusterAction, Failure } from '@matryoshka/domain';
import { isTransient } from '@matryoshka/kube';
import { OpenStackError } from '@matryoshka/openstack';
import { errorMessage, TypedError } from '@matryoshka/system';

/** Actions that talk to the customer's API server. */
const insideTenant: readonly ClusterAction['type'][] = [
  'applyTenantAddons',
  'deleteStaleNode',
  'deleteLoadBalancerServices',
];

/** What the customer reads: OpenStack's refusals in its own words, everything else as ours to repair. */
export function describeFailure(action: ClusterAction, error: unknown): Failure {
  if (error instanceof OpenStackError && error.status !== 0) return explainOpenStack(error.code, error.message);
  if (insideTenant.includes(action.type) && isTransient(error))
    return {
      reason: 'ClusterApiNotAnswering',
      message: "The cluster's API does not answer at the moment. The next attempt follows by itself.",
      actor: 'us',
    };
  const actor = error instanceof TypedError ? error.actor : 'us';
  return { reason: 'ActionFailed', message: `${action.type}: ${errorMessage(error)}`, actor };
}

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
