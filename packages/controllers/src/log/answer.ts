import { controlPlanePodLabel } from '@matryoshka/addons';
import { answerOf, type LogComponent, type LogLine } from '@matryoshka/domain';
import type { KubeClient, KubeObject } from '@matryoshka/kube';
import { answerLogRequest, type LogRequest, type Pool, takeLogRequests } from '@matryoshka/postgres';
import { errorMessage, type Logger } from '@matryoshka/system';
import { periodically } from '../periodically.ts';

export interface LogOptions {
  readonly intervalMs: number;
  readonly log: Logger;
  readonly signal: AbortSignal;
}

interface Place {
  readonly management: KubeClient;
  readonly pool: Pool;
  readonly managementCluster: string;
}

const atOnce = 8;
const timeoutMs = 15_000;
/** Of one pod. A log is read from its end, but an answer must not fill the memory. */
const limitBytes = 4 * 2 ** 20;
/** The log of kube-apiserver and its audit events are one stream: to find so many of one, more of both are read. */
const mixed = 10;

/** Answers questions about logs until the signal aborts, several at once. */
export async function runLogs(place: Place, options: LogOptions): Promise<void> {
  const failure = 'questions about logs could not be answered';
  await periodically({ ...options, retryMs: 5_000, failure }, async () => {
    const { pool, managementCluster } = place;
    const requests = await takeLogRequests(pool, { managementCluster, limit: atOnce });
    await Promise.all(requests.map(async (request) => await answer(place, request, options)));
  });
}

async function answer({ management, pool }: Place, request: LogRequest, { log, signal }: LogOptions): Promise<void> {
  try {
    await answerLogRequest(pool, request.id, answerOf(request, await readLogs(management, request, signal)));
  } catch (error) {
    if (signal.aborted) throw error;
    log.warn({ clusterId: request.clusterId, component: request.component, err: error }, 'a log could not be read');
    await answerLogRequest(pool, request.id, { error: errorMessage(error) });
  }
}

/** Which pods say it, and in which container. */
function sourceOf(
  component: LogComponent,
  clusterId: string,
): { readonly selector: string; readonly container: string } {
  if (component === 'cloud-controller-manager')
    return {
      selector: `app.kubernetes.io/name=${component},app.kubernetes.io/instance=${clusterId}`,
      container: component,
    };
  return {
    selector: `${controlPlanePodLabel}=${clusterId}`,
    container: component === 'audit' ? 'kube-apiserver' : component,
  };
}

/** What all replicas have said. Throws when there is no pod, or one cannot be read. */
export async function readLogs(
  management: KubeClient,
  { clusterId, component, tail, since }: LogRequest,
  signal: AbortSignal,
): Promise<readonly LogLine[]> {
  const { selector, container } = sourceOf(component, clusterId);
  const query = { apiVersion: 'v1', kind: 'Pod', namespace: clusterId, labelSelector: selector };
  const { items } = await management.list<KubeObject>(query, { signal, timeoutMs });
  if (items.length === 0) throw new Error('nothing runs that would say something');
  const isMixed = container === 'kube-apiserver';
  const read = items.map(async ({ metadata: { name } }): Promise<readonly LogLine[]> => {
    const text = await management.transport.text({
      method: 'GET',
      path: `/api/v1/namespaces/${clusterId}/pods/${name}/log`,
      query: {
        container,
        timestamps: 'true',
        tailLines: String(isMixed ? tail * mixed : tail + 1),
        limitBytes: String(limitBytes),
        ...(since === null ? {} : { sinceTime: since.toISOString() }),
      },
      timeoutMs,
      signal,
    });
    return text.split('\n').flatMap((line) => {
      const [, at, said] = /^(\S+) (.*)$/.exec(line) ?? [];
      return at === undefined || said === undefined ? [] : [{ at, pod: name, text: said }];
    });
  });
  return (await Promise.all(read)).flat();
}
