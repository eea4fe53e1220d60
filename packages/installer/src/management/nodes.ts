import type { KubeClient, KubeObject } from '@matryoshka/kube';
import { isManagementServer } from './settings.ts';

interface Node extends KubeObject {
  readonly spec?: { readonly taints?: readonly { readonly key: string }[] };
  readonly status?: { readonly conditions?: readonly { readonly type: string; readonly status: string }[] };
}

/** Names of the nodes that can take pods: Ready, and known to the cloud (without the taint that kubelet sets until then). */
export async function usableNodes(client: KubeClient, signal: AbortSignal): Promise<readonly string[]> {
  const { items } = await client.list<Node>({ apiVersion: 'v1', kind: 'Node' }, { signal });
  return items
    .filter(
      ({ spec, status }) =>
        (status?.conditions ?? []).some(({ type, status: is }) => type === 'Ready' && is === 'True') &&
        !(spec?.taints ?? []).some(({ key }) => key === 'node.cloudprovider.kubernetes.io/uninitialized'),
    )
    .map(({ metadata }) => metadata.name);
}

/** Names of the nodes whose servers are gone. For nearly a minute they count as Ready, and what ran on them as running for longer. */
export async function lostNodes(
  client: KubeClient,
  servers: readonly string[],
  signal: AbortSignal,
): Promise<readonly string[]> {
  const { items } = await client.list<Node>({ apiVersion: 'v1', kind: 'Node' }, { signal });
  return items
    .map(({ metadata }) => metadata.name)
    .filter((name) => isManagementServer(name) && !servers.includes(name));
}

/** Has Kubernetes forget what ran on nodes that are lost, of one namespace or of all, so that it is started elsewhere at once. */
export async function forgetPods(
  client: KubeClient,
  nodes: readonly string[],
  signal: AbortSignal,
  namespace?: string,
): Promise<void> {
  const { items } = await client.list<KubeObject & { readonly spec?: { readonly nodeName?: string } }>(
    { apiVersion: 'v1', kind: 'Pod', ...(namespace === undefined ? {} : { namespace }) },
    { signal },
  );
  for (const { metadata, spec } of items)
    if (nodes.includes(spec?.nodeName ?? ''))
      await client.delete(
        { apiVersion: 'v1', kind: 'Pod', name: metadata.name, namespace: metadata.namespace ?? '' },
        { signal, gracePeriodSeconds: 0 },
      );
}

export async function forgetNodes(client: KubeClient, nodes: readonly string[], signal: AbortSignal): Promise<void> {
  for (const name of nodes) await client.delete({ apiVersion: 'v1', kind: 'Node', name }, { signal });
}

const excluded = 'node.kubernetes.io/exclude-from-external-load-balancers';

/**
 * Lets load balancers use every node. kubeadm excludes those with the control plane, but here each carries customers' control planes, whose
 * load balancers must not depend on one node.
 */
export async function includeInLoadBalancers(client: KubeClient, signal: AbortSignal): Promise<void> {
  const { items } = await client.list<Node>({ apiVersion: 'v1', kind: 'Node', labelSelector: excluded }, { signal });
  for (const { metadata } of items) {
    const ref = { apiVersion: 'v1', kind: 'Node', name: metadata.name };
    await client.patch(ref, { metadata: { labels: { [excluded]: null } } }, { type: 'merge', signal });
  }
}

/** A day of life for the token that servers join with; kubeadm made it when the cluster was made, and it ends. */
export function bootstrapTokenSecret(
  token: string,
  now: Date,
): KubeObject & { readonly stringData: Record<string, string> } {
  const [id = '', secret = ''] = token.split('.');
  return {
    apiVersion: 'v1',
    kind: 'Secret',
    metadata: { name: `bootstrap-token-${id}`, namespace: 'kube-system' },
    type: 'bootstrap.kubernetes.io/token',
    stringData: {
      'token-id': id,
      'token-secret': secret,
      expiration: new Date(now.getTime() + 86_400_000).toISOString().replace(/\.\d+Z$/, 'Z'),
      'usage-bootstrap-authentication': 'true',
      'usage-bootstrap-signing': 'true',
      'auth-extra-groups': 'system:bootstrappers:kubeadm:default-node-token',
    },
  };
}
