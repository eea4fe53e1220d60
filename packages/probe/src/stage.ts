import type { KubeClient } from '@matryoshka/kube';
import { TypedError, waitFor } from '@matryoshka/system';

/** Label of the namespaces that probes work in; what a killed probe left is found by it. */
export const probeLabel = 'matryoshka.dev/probe';
export const anchor = 'anchor';
export const podName = 'probe';

/** A namespace of the probe's own. */
export async function makeNamespace(client: KubeClient, namespace: string): Promise<void> {
  const metadata = { name: namespace, labels: { [probeLabel]: 'true' } };
  await client.create({ apiVersion: 'v1', kind: 'Namespace', metadata });
}

/** In the namespace, what the probe reads and, unless exec is off, a pod to run commands in. */
export async function setStage(
  client: KubeClient,
  {
    namespace,
    image,
    signal,
  }: { readonly namespace: string; readonly image: string | null; readonly signal: AbortSignal },
): Promise<void> {
  await client.create({ apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: anchor, namespace } });
  if (image === null) return;
  await client.create({
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: { name: podName, namespace },
    spec: {
      // The namespace's service account may not be there yet, and nothing of it is needed.
      automountServiceAccountToken: false,
      terminationGracePeriodSeconds: 0,
      containers: [{ name: podName, image, command: ['sleep', '86400'] }],
    },
  } as Parameters<KubeClient['create']>[0]);
  const ref = { apiVersion: 'v1', kind: 'Pod', name: podName, namespace };
  const runs = async (): Promise<boolean> => {
    const { status } = (await client.get(ref)) as { readonly status?: { readonly phase?: string } };
    return status?.phase === 'Running';
  };
  if (!(await waitFor(runs, { timeoutMs: 120_000, intervalMs: 500, signal })))
    throw new TypedError(`the pod ${namespace}/${podName} with ${image} does not run after two minutes`, {
      code: 'probe_pod_not_running',
      actor: 'user',
      next: `Run: kubectl describe pod -n ${namespace} ${podName}. Without exec: kaas probe --no-exec`,
    });
}

/** Removes the namespace with everything in it; does not wait until it is gone. False when the API did not take it within half a minute. */
export async function strikeStage(client: KubeClient, namespace: string): Promise<boolean> {
  const ref = { apiVersion: 'v1', kind: 'Namespace', name: namespace };
  const struck = async (): Promise<boolean> =>
    await client.delete(ref, { timeoutMs: 10_000 }).then(
      () => true,
      () => false,
    );
  return await waitFor(struck, { timeoutMs: 30_000, intervalMs: 1_000 });
}
