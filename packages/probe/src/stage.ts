import { isAlreadyExists, isTransient, type KubeClient } from '@matryoshka/kube';
import { sleep, TypedError, waitFor } from '@matryoshka/system';

/** Label of the namespaces that probes work in; what a killed probe left is found by it. */
export const probeLabel = 'matryoshka.dev/probe';
export const anchor = 'anchor';
export const podName = 'probe';

/** A cluster that is asked because something happens to it may be slow already when the probe begins. In milliseconds. */
const patienceMs = 20_000;

/** Does something that may be repeated until it works, for a while. */
export async function patiently<T>(work: (again: boolean) => Promise<T>, signal?: AbortSignal): Promise<T> {
  const giveUpAt = Date.now() + patienceMs;
  for (let again = false; ; again = true)
    try {
      return await work(again);
    } catch (error) {
      // Where nobody listens is more likely the wrong address.
      const isNobody = error instanceof TypedError && error.code === 'kubernetes_unreachable';
      if (isNobody || !isTransient(error) || Date.now() > giveUpAt) throw error;
      await sleep(500, signal);
    }
}

/** Makes an object of the probe's own; one that is there after a repetition was heard the first time. */
async function make(
  client: KubeClient,
  object: Parameters<KubeClient['create']>[0],
  signal?: AbortSignal,
): Promise<void> {
  await patiently(async (again) => {
    try {
      await client.create(object);
    } catch (error) {
      if (!(again && isAlreadyExists(error))) throw error;
    }
  }, signal);
}

/** A namespace of the probe's own. */
export async function makeNamespace(client: KubeClient, namespace: string, signal?: AbortSignal): Promise<void> {
  const metadata = { name: namespace, labels: { [probeLabel]: 'true' } };
  await make(client, { apiVersion: 'v1', kind: 'Namespace', metadata }, signal);
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
  await make(client, { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: anchor, namespace } }, signal);
  if (image === null) return;
  const spec = {
    // The namespace's service account may not be there yet, and nothing of it is needed.
    automountServiceAccountToken: false,
    terminationGracePeriodSeconds: 0,
    containers: [{ name: podName, image, command: ['sleep', '86400'] }],
  };
  await make(client, { apiVersion: 'v1', kind: 'Pod', metadata: { name: podName, namespace }, spec }, signal);
  const ref = { apiVersion: 'v1', kind: 'Pod', name: podName, namespace };
  const runs = async (): Promise<boolean> => {
    const { status } = (await patiently(async () => await client.get(ref), signal)) as {
      readonly status?: { readonly phase?: string };
    };
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
