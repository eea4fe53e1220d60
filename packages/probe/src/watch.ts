import { isExpired, type KubeClient, type KubeObject, type WatchOptions } from '@matryoshka/kube';
import { sleep } from '@matryoshka/system';
import type { Clock } from './clock.ts';
import type { Arrival } from './model.ts';

export interface Watched {
  readonly arrivals: Arrival[];
  readonly breaks: number[];
  readonly expired: number[];
}

/** After which client-go, by its pings, finds that a connection is dead (k8s.io/apimachinery/pkg/util/net/http.go: 30 s and 15 s). */
const silenceMs = 45_000;

const query = (namespace: string) => ({ apiVersion: 'v1', kind: 'ConfigMap', namespace });

/** Where a watch of the probe's objects can begin. */
export async function objectsVersion(client: KubeClient, namespace: string, signal: AbortSignal): Promise<string> {
  return (await client.list(query(namespace), { signal, timeoutMs: 5_000 })).resourceVersion;
}

/** What a client that was refused its place in the history reads instead: everything there is. What was not known before came by it. */
async function listAgain(
  client: KubeClient,
  { namespace, clock, signal }: { readonly namespace: string; readonly clock: Clock; readonly signal: AbortSignal },
  seen: Watched,
): Promise<string> {
  const { items, resourceVersion } = await client.list(query(namespace), { signal, timeoutMs: 5_000 });
  const known = new Set(seen.arrivals.map(({ name }) => name));
  for (const { metadata } of items)
    if (!known.has(metadata.name))
      seen.arrivals.push({
        name: metadata.name,
        at: clock(),
        version: Number(metadata.resourceVersion ?? '0'),
        listed: true,
      });
  return resourceVersion;
}

/** Follows the probe's objects until the signal aborts, from where it was when the watch breaks, as client-go's reflector does. */
export async function followObjects(
  client: KubeClient,
  {
    namespace,
    from,
    clock,
    signal,
  }: {
    readonly namespace: string;
    readonly from: string;
    readonly clock: Clock;
    readonly signal: AbortSignal;
  },
  seen: Watched,
): Promise<void> {
  let version: string | undefined = from;
  const take = (object: KubeObject): void => {
    const { name, resourceVersion = '0' } = object.metadata;
    seen.arrivals.push({ name, at: clock(), version: Number(resourceVersion) });
  };
  while (!signal.aborted) {
    try {
      version ??= await listAgain(client, { namespace, clock, signal }, seen);
      const options: WatchOptions = { resourceVersion: version, silenceMs, signal };
      for await (const { type, object } of client.watch(query(namespace), options)) {
        version = object.metadata.resourceVersion ?? version;
        if (type === 'ADDED') take(object);
      }
    } catch (error) {
      if (signal.aborted) return;
      if (isExpired(error)) {
        seen.expired.push(clock());
        version = undefined;
      }
      await sleep(20, signal).catch(() => undefined);
    }
    seen.breaks.push(clock());
  }
}
