import { createHash } from 'node:crypto';
import type { KubeClient, KubeObject } from '@matryoshka/kube';
import { at, listAt, numberAt } from '../cluster/read.ts';

/** Plays the deployment controller: every replica of what a namespace wants runs as it shall. */
export async function playDeployments(client: KubeClient, namespace: string): Promise<void> {
  const { items } = await client.list<KubeObject>({ apiVersion: 'apps/v1', kind: 'Deployment', namespace });
  for (const found of items) await finishRollout(client, found);
}

export async function finishRollout(client: KubeClient, deployment: KubeObject): Promise<void> {
  const { name, namespace } = deployment.metadata;
  const replicas = numberAt(deployment, 'spec', 'replicas');
  const status = {
    observedGeneration: numberAt(deployment, 'metadata', 'generation'),
    ...{ replicas, updatedReplicas: replicas, readyReplicas: replicas },
  };
  await client.patch(
    { apiVersion: 'apps/v1', kind: 'Deployment', name, ...(namespace === undefined ? {} : { namespace }) },
    { status },
    { type: 'merge', subresource: 'status' },
  );
}

const emptyHash = createHash('md5').digest('hex');
/** What Kamaji writes on pods of Secrets that hold nothing. */
const labels = Object.fromEntries(
  [
    ...['ca', 'front-proxy-ca-certificate', 'service-account', 'api-server-certificate'],
    ...['api-server-kubelet-client-certificate', 'front-proxy-client-certificate'],
    ...['controller-manager-kubeconfig', 'scheduler-kubeconfig'],
  ].map((name) => [`component.kamaji.clastix.io/${name}`, emptyHash]),
);

/** The Deployment that Kamaji makes of a control plane, with the volumes that it was asked for. */
export async function playControlPlane(client: KubeClient, kcp: KubeObject): Promise<void> {
  const { name, namespace } = kcp.metadata;
  const volumes = listAt(kcp, 'spec', 'deployment', 'extraVolumes');
  const template = {
    metadata: { labels: { app: name, ...labels } },
    spec: { containers: [{ name: 'kube-apiserver', image: 'kube-apiserver' }], volumes },
  };
  await client.apply(
    {
      apiVersion: 'apps/v1',
      kind: 'Deployment',
      metadata: { name, ...(namespace === undefined ? {} : { namespace }) },
      spec: { replicas: at(kcp, 'spec', 'replicas'), selector: { matchLabels: { app: name } }, template },
    },
    { fieldManager: 'kamaji', force: true },
  );
}
