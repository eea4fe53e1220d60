import type { KubeClient, KubeObject, ObjectRef } from '@matryoshka/kube';
import { isNotFound, refOf } from '@matryoshka/kube';
import { sleep } from '@matryoshka/system';
import { type Drift, driftOf, isCurrent } from '../drift.ts';
import { fieldManager } from '../labels.ts';

/**
 * Applies the objects that are not as they should be, one after the other. Writes nothing where nothing differs. What somebody else changed is told to `drifted` before it is put
 * right: told twice after a crash rather than never.
 */
export async function applyObjects(
  client: KubeClient,
  objects: readonly KubeObject[],
  signal: AbortSignal,
  drifted: (drift: Drift) => Promise<void>,
): Promise<void> {
  for (const object of objects) {
    const live = await client.find(refOf(object), { signal });
    if (live !== undefined && isCurrent(object, live)) continue;
    const drift = live === undefined ? undefined : driftOf(object, live);
    if (drift !== undefined) await drifted(drift);
    await applyOnceKnown(client, object, signal);
  }
}

/** A server needs a moment until it serves a kind whose definition it has just got. */
const definitionTimeoutMs = 5_000;

async function applyOnceKnown(client: KubeClient, object: KubeObject, signal: AbortSignal): Promise<void> {
  const giveUpAt = Date.now() + definitionTimeoutMs;
  for (;;)
    try {
      await client.apply(object, { fieldManager, force: true, signal });
      return;
    } catch (error) {
      if (!isNotFound(error) || object.metadata.namespace !== undefined || Date.now() > giveUpAt) throw error;
      await sleep(100, signal);
    }
}

/** Asks for the deletion of what exists and is not being deleted yet. */
export async function deleteObjects(
  client: KubeClient,
  refs: readonly ObjectRef[],
  signal: AbortSignal,
): Promise<void> {
  for (const ref of refs) {
    const live = await client.find(ref, { signal });
    if (live === undefined || live.metadata.deletionTimestamp !== undefined) continue;
    await client.delete(ref, { propagation: 'Background', signal });
  }
}
