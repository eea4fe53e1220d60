import { createHash } from 'node:crypto';
import type { KubeObject } from '@matryoshka/kube';
import { at, numberAt, textAt } from '../read.ts';

/**
 * True when every replica of a control plane runs as its Deployment says, and that was made of the Secrets as they are now. Kamaji makes Secrets anew first and the Deployment some time
 * after: in between, nothing of the Deployment itself tells that its pods are about to be replaced.
 */
export function runsOn(deployment: KubeObject | undefined, secrets: readonly KubeObject[], id: string): boolean {
  const labels = at(deployment, 'spec', 'template', 'metadata', 'labels');
  return (
    hasRolledOut(deployment) &&
    Object.entries(madeOf).every(([label, name]) => {
      const secret = secrets.find(({ metadata }) => metadata.name === `${id}-${name}`);
      return textAt(labels, `component.kamaji.clastix.io/${label}`) === hashOf(secret);
    })
  );
}

/** True when no pod of an older revision is left. */
export function hasRolledOut(deployment: KubeObject | undefined): boolean {
  const number = (...path: readonly string[]): number => numberAt(deployment, ...path);
  const wanted = number('spec', 'replicas');
  return (
    deployment !== undefined &&
    number('status', 'observedGeneration') >= number('metadata', 'generation') &&
    ['updatedReplicas', 'readyReplicas', 'replicas'].every((key) => number('status', key) === wanted)
  );
}

/** What Kamaji writes on pods of a control plane for each Secret that they were made of. */
const madeOf = {
  ca: 'ca',
  'front-proxy-ca-certificate': 'front-proxy-ca-certificate',
  'service-account': 'sa-certificate',
  'api-server-certificate': 'api-server-certificate',
  'api-server-kubelet-client-certificate': 'api-server-kubelet-client-certificate',
  'front-proxy-client-certificate': 'front-proxy-client-certificate',
  'controller-manager-kubeconfig': 'controller-manager-kubeconfig',
  'scheduler-kubeconfig': 'scheduler-kubeconfig',
} as const;

/** MD5 of the values in the order of their keys (Kamaji, internal/builders/controlplane/deployment.go, hashValue). */
function hashOf(secret: KubeObject | undefined): string {
  const digest = createHash('md5');
  const data = at(secret, 'data') ?? {};
  for (const key of Object.keys(data).toSorted()) digest.update(Buffer.from(textAt(data, key) ?? '', 'base64'));
  return digest.digest('hex');
}
