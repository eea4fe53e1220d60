import { type ClusterAction, causeOfWords, type Failure, failureOf, isDataStoreFull } from '@matryoshka/domain';
import { isTransient, StatusError } from '@matryoshka/kube';
import { OpenStackError } from '@matryoshka/openstack';
import { errorMessage } from '@matryoshka/system';

/** Actions that talk to the customer's API server. */
const insideTenant: readonly ClusterAction['type'][] = [
  'applyTenantAddons',
  'deleteStaleNode',
  'deleteStaleVolumeAttachment',
  'deleteLoadBalancerServices',
];

/** Words in which an API server tells that a webhook stopped it. Source: apiserver/pkg/admission/plugin/webhook (errors/statuserror.go, generic). */
const webhook = /admission webhook "[^"]+" denied|failed calling webhook/i;

/** What the customer reads when an action failed: the cause, what was seen, who must act. */
export function describeFailure(action: ClusterAction, error: unknown): Failure {
  const words = errorMessage(error);
  if (isDataStoreFull(words)) return failureOf('DataStoreFull', '');
  // A status of 0: no answer at all, and its words are addresses of ours.
  if (error instanceof OpenStackError)
    return error.status === 0 || error.status >= 500
      ? failureOf('CloudNotAnswering', error.status === 0 ? error.service : words)
      : causeOfWords(words, 'InternalError');
  if (insideTenant.includes(action.type)) {
    if (error instanceof StatusError && webhook.test(words)) return failureOf('WebhookRefusing', words);
    if (isTransient(error)) return failureOf('ClusterApiNotAnswering', '');
  }
  return failureOf('InternalError', `${action.type}: ${words}`);
}
