import type { ManifestObject } from '@matryoshka/components';
import { isNotFound, isTransient, type KubeClient, type KubeObject, podTrouble } from '@matryoshka/kube';
import { errorMessage, sleep, TypedError } from '@matryoshka/system';
import type { StepRun } from '../flow/graph.ts';

export const fieldManager = 'matryoshka-installer';
const atOnce = 6;

/**
 * Applies objects in their order, a few at a time; the ones that others need (definitions, namespaces) are there before those others are sent.
 * Waits out a server that is not ready for a kind yet. Repeating it changes nothing.
 */
export async function applyAll(
  client: KubeClient,
  objects: readonly ManifestObject[],
  { signal, report }: StepRun,
): Promise<void> {
  let done = 0;
  for (const group of inGroups(objects)) {
    const queue = [...group];
    const worker = async (): Promise<void> => {
      for (let object = queue.shift(); object !== undefined; object = queue.shift()) {
        await applyPatiently(client, object, signal);
        done += 1;
        report(`${done} of ${objects.length} objects`);
      }
    };
    await Promise.all(Array.from({ length: atOnce }, worker));
  }
}

/** Neighbours that do not need each other: all definitions, all namespaces, the rest, webhooks last. */
function inGroups(objects: readonly ManifestObject[]): readonly (readonly ManifestObject[])[] {
  const groups: ManifestObject[][] = [[], [], [], []];
  for (const object of objects) {
    const rank =
      object.kind === 'CustomResourceDefinition'
        ? 0
        : object.kind === 'Namespace'
          ? 1
          : object.kind.endsWith('WebhookConfiguration')
            ? 3
            : 2;
    groups[rank]?.push(object);
  }
  return groups;
}

async function applyPatiently(client: KubeClient, object: ManifestObject, signal: AbortSignal): Promise<void> {
  const end = performance.now() + 60_000;
  for (;;) {
    try {
      await client.apply(object as KubeObject, { fieldManager, force: true, signal, timeoutMs: 30_000 });
      return;
    } catch (error) {
      signal.throwIfAborted();
      // The definition or the namespace is not served yet.
      const early = isTransient(error) || isNotFound(error);
      if (!early || performance.now() > end)
        throw new TypedError(`${object.kind} ${object.metadata.name} could not be applied: ${errorMessage(error)}`, {
          code: 'apply_failed',
          cause: error,
        });
      await sleep(500, signal);
    }
  }
}

/** Names of the Deployments (of the given namespaces) that are not as available as they should be, with what Kubernetes says about it. */
export async function unavailableDeployments(
  client: KubeClient,
  namespaces: readonly string[],
  signal: AbortSignal,
): Promise<readonly string[]> {
  const lists = await Promise.all(
    namespaces.map(
      async (namespace) =>
        (await client.list({ apiVersion: 'apps/v1', kind: 'Deployment', namespace }, { signal })).items,
    ),
  );
  return lists.flat().flatMap((object) => {
    const { spec, status, metadata } = object as KubeObject & {
      readonly spec: { readonly replicas?: number };
      readonly status?: { readonly availableReplicas?: number; readonly observedGeneration?: number };
    };
    const wanted = spec.replicas ?? 1;
    const current = status?.observedGeneration === (metadata as { readonly generation?: number }).generation;
    return current && (status?.availableReplicas ?? 0) >= wanted ? [] : [`${metadata.namespace}/${metadata.name}`];
  });
}

/** Why pods of these namespaces do not run, one line each. */
export async function podTroubles(
  client: KubeClient,
  namespaces: readonly string[],
  signal: AbortSignal,
): Promise<readonly string[]> {
  const lists = await Promise.all(
    namespaces.map(async (namespace) => await client.list({ apiVersion: 'v1', kind: 'Pod', namespace }, { signal })),
  );
  return lists
    .flatMap(({ items }) => items)
    .flatMap((pod) => {
      const trouble = podTrouble(pod);
      return trouble === undefined ? [] : [`${pod.metadata.namespace}/${pod.metadata.name}: ${trouble}`];
    });
}
