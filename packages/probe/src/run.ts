import { randomBytes } from 'node:crypto';
import { type Connection, createKubeClient, type KubeClient, StatusError } from '@matryoshka/kube';
import { sleep, waitFor } from '@matryoshka/system';
import { missing } from './analyse.ts';
import { sampled } from './call.ts';
import { atRate } from './clock.ts';
import { runExec } from './exec.ts';
import type { Acknowledged, CallKind, Recording, Sample } from './model.ts';
import { anchor, makeNamespace, patiently, podName, setStage, strikeStage } from './stage.ts';
import { echoLines } from './stream.ts';
import { followObjects, objectsVersion, type Watched } from './watch.ts';

export interface ProbeOptions {
  /** Until it ends by itself; the signal ends it earlier, with what it has seen. */
  readonly durationMs: number;
  /** Between calls of a kind. */
  readonly intervalMs: number;
  /** Between new execs, which cost the node a process each. */
  readonly execIntervalMs: number;
  /** Image of the pod to run commands in, with `sleep` and `cat`; null: no exec. */
  readonly execImage: string | null;
  /** A call that takes longer has failed. */
  readonly timeoutMs: number;
  readonly signal: AbortSignal;
  /** Told when the calls begin. */
  readonly onStart?: () => void;
  /** Told of the namespace when it could not be removed. */
  readonly onLeft?: (namespace: string) => void;
}

/**
 * Asks a cluster without pause what its customers ask of it, and records what it answered: reads, writes, events of a watch, execs. Needs the right to create namespaces,
 * ConfigMaps and pods. Everything it makes is in one namespace, which goes at the end.
 */
export async function runProbe(connection: Connection, options: ProbeOptions): Promise<Recording> {
  const { durationMs, intervalMs, execIntervalMs, execImage, timeoutMs, signal } = options;
  const run = randomBytes(4).toString('hex');
  const namespace = `matryoshka-probe-${run}`;
  const clients: KubeClient[] = [];
  // Connections of its own for each kind: no call waits for one of another kind.
  const newClient = (): KubeClient => {
    const client = createKubeClient(connection, { timeoutMs, connectTimeoutMs: timeoutMs, userAgent: 'kaas-probe' });
    clients.push(client);
    return client;
  };
  const [reader, writer, watcher, execs, keeper] = [newClient(), newClient(), newClient(), newClient(), newClient()];
  const close = async (): Promise<void> => {
    await Promise.all(clients.map(async (client) => await client.close()));
  };
  try {
    await makeNamespace(keeper, namespace, signal);
  } catch (error) {
    await close();
    throw error;
  }
  try {
    await setStage(keeper, { namespace, image: execImage, signal });
    const began = performance.now();
    const startedAt = new Date().toISOString();
    const clock = (): number => performance.now() - began;
    const samples: Sample[] = [];
    const acknowledged: Acknowledged[] = [];
    const watched: Watched = { arrivals: [], breaks: [], expired: [] };
    const onSample = (sample: Sample): void => void samples.push(sample);

    const watching = new AbortController();
    // From before the first write, so that none is missed by right.
    const from = await patiently(async () => await objectsVersion(watcher, namespace, signal), signal);
    const follow = followObjects(watcher, { namespace, from, clock, signal: watching.signal }, watched);
    const over = AbortSignal.any([signal, AbortSignal.timeout(durationMs)]);
    options.onStart?.();

    const rate = async (kind: CallKind, every: number, work: (n: number, again: boolean) => Promise<void>) => {
      const onSkip = (): void =>
        onSample({ kind, at: clock(), tookMs: 0, ok: false, repeatOk: false, error: 'not sent: too many calls wait' });
      const call = async (n: number): Promise<void> =>
        onSample(
          await sampled(kind, async (again) => await work(n, again), {
            clock,
            address: new URL(connection.server).host,
          }),
        );
      await atRate(call, { intervalMs: every, most: Math.ceil(timeoutMs / every) + 20, onSkip, clock, signal: over });
    };
    const loops = [
      rate('read', intervalMs, async () => {
        await reader.get({ apiVersion: 'v1', kind: 'ConfigMap', name: anchor, namespace }, { timeoutMs });
      }),
      rate('write', intervalMs, async (n, again) => {
        const name = `probe-${run}-${n}`;
        try {
          await writer.create({ apiVersion: 'v1', kind: 'ConfigMap', metadata: { name, namespace } }, { timeoutMs });
        } catch (error) {
          // The first attempt was heard after all, and only its answer was lost.
          if (!(again && error instanceof StatusError && error.reason === 'AlreadyExists')) throw error;
        }
        acknowledged.push({ name, at: clock() });
      }),
    ];
    if (execImage !== null) {
      const target = { namespace, pod: podName };
      loops.push(
        rate('exec', execIntervalMs, async () => {
          await runExec(execs.transport, { ...target, command: ['cat', '/dev/null'] }, timeoutMs);
        }),
        echoLines(execs.transport, target, { intervalMs, timeoutMs, clock, signal: over, onSample }),
      );
    }
    await Promise.all(loops);
    const took = clock();
    const seen = (): boolean => missing(acknowledged, watched.arrivals).length === 0;
    await waitFor(seen, { timeoutMs: 30_000, intervalMs: 100 });
    watching.abort();
    await follow;
    const stored = await storedNames(keeper, namespace);
    return {
      ...{ startedAt, server: connection.server, durationMs: took, intervalMs },
      ...{ execIntervalMs, samples, acknowledged },
      arrivals: watched.arrivals.filter(({ name }) => name.startsWith(`probe-${run}-`)),
      lost: acknowledged.map(({ name }) => name).filter((name) => !stored.has(name)),
      watchBreaks: watched.breaks.filter((at) => at < took),
      watchExpired: watched.expired,
    };
  } finally {
    if (!(await strikeStage(keeper, namespace))) options.onLeft?.(namespace);
    await close();
  }
}

/** The objects that are there, asked for until the API answers: a recording that was made is not thrown away for it. */
async function storedNames(client: KubeClient, namespace: string): Promise<ReadonlySet<string>> {
  for (let attempt = 0; ; attempt += 1)
    try {
      const { items } = await client.list({ apiVersion: 'v1', kind: 'ConfigMap', namespace }, { timeoutMs: 20_000 });
      return new Set(items.map(({ metadata }) => metadata.name));
    } catch (error) {
      if (attempt >= 30) throw error;
      await sleep(1_000);
    }
}
