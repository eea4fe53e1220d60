import { causeOfWords, type Failure } from '@matryoshka/domain';
import type { KubeClient, KubeObject } from '@matryoshka/kube';
import { at, textAt } from '../read.ts';
import { warningsOf } from './events.ts';

const keyOf = ({ metadata }: KubeObject): string => `${metadata.namespace ?? ''}/${metadata.name}`;

/** Why the first Service without a load balancer has none, by the event of the cloud controller manager; one that was just made has none yet. */
export async function loadBalancerFailure(
  client: KubeClient,
  services: readonly KubeObject[],
  signal: AbortSignal,
): Promise<Failure | undefined> {
  const waiting = services.filter((service) => {
    const addresses = at(service, 'status', 'loadBalancer', 'ingress');
    const isServed = Array.isArray(addresses) && addresses.length > 0;
    return textAt(service, 'spec', 'type') === 'LoadBalancer' && !isServed;
  });
  if (waiting.length === 0) return undefined;
  const warnings = await warningsOf(client, { kind: 'Service', reason: 'SyncLoadBalancerFailed' }, signal);
  return firstOf(waiting, warnings, 'Service', 'LoadBalancerFailed');
}

/** Why the first claim without a volume has none, by the event of the provisioner. */
export async function volumeFailure(
  client: KubeClient,
  claims: readonly KubeObject[],
  signal: AbortSignal,
): Promise<Failure | undefined> {
  const waiting = claims.filter((claim) => textAt(claim, 'status', 'phase') === 'Pending');
  if (waiting.length === 0) return undefined;
  const warnings = await warningsOf(client, { kind: 'PersistentVolumeClaim', reason: 'ProvisioningFailed' }, signal);
  return firstOf(waiting, warnings, 'claim', 'VolumeFailed');
}

function firstOf(
  waiting: readonly KubeObject[],
  warnings: ReadonlyMap<string, string>,
  what: string,
  otherwise: 'LoadBalancerFailed' | 'VolumeFailed',
): Failure | undefined {
  for (const object of waiting) {
    const words = warnings.get(keyOf(object));
    if (words !== undefined) return causeOfWords(`${what} ${keyOf(object)}: ${words}`, otherwise);
  }
  return undefined;
}
