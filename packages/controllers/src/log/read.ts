import { controlPlanePodLabel } from '@matryoshka/addons';
import { answerOf, isOf, type LogAnswer, type LogComponent, type LogLine, type LogQuestion } from '@matryoshka/domain';
import type { KubeClient, KubeObject } from '@matryoshka/kube';
import type { Read, ReadSince } from '../log-export/run.ts';

const timeoutMs = 15_000;
/** Of one pod: an answer must not fill the memory. */
const limitBytes = 4 * 2 ** 20;
/** The log of kube-apiserver and its audit events are one stream: to find so many of one, more of both are read. */
const mixed = 10;

interface Source {
  readonly selector: string;
  readonly container: string;
}

/** Which pods say it, and in which container. */
function sourceOf(component: LogComponent, clusterId: string): Source {
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

async function podsOf(
  management: KubeClient,
  clusterId: string,
  labelSelector: string,
  signal: AbortSignal,
): Promise<readonly string[]> {
  const query = { apiVersion: 'v1', kind: 'Pod', namespace: clusterId, labelSelector };
  return (await management.list<KubeObject>(query, { signal, timeoutMs })).items.map(({ metadata: { name } }) => name);
}

async function linesOf(
  management: KubeClient,
  pod: { readonly namespace: string; readonly name: string },
  query: Readonly<Record<string, string>>,
  signal: AbortSignal,
): Promise<readonly LogLine[]> {
  const text = await management.transport.text({
    method: 'GET',
    path: `/api/v1/namespaces/${pod.namespace}/pods/${pod.name}/log`,
    query: { timestamps: 'true', limitBytes: String(limitBytes), ...query },
    timeoutMs,
    signal,
  });
  // What stands after the last line break was cut off by the limit.
  return text
    .split('\n')
    .slice(0, -1)
    .flatMap((line) => {
      const [, at, said] = /^(\S+) (.*)$/.exec(line) ?? [];
      return at === undefined || said === undefined ? [] : [{ at, pod: pod.name, text: said }];
    });
}

/** The end of what all replicas have said. Throws when there is no pod, or one cannot be read. */
export async function readLogs(
  management: KubeClient,
  clusterId: string,
  question: LogQuestion,
  signal: AbortSignal,
): Promise<LogAnswer> {
  const { component, tail, since } = question;
  const { selector, container } = sourceOf(component, clusterId);
  const pods = await podsOf(management, clusterId, selector, signal);
  if (pods.length === 0) throw new Error('nothing runs that would say something');
  const query = {
    container,
    tailLines: String(container === 'kube-apiserver' ? tail * mixed : tail + 1),
    ...(since === null ? {} : { sinceTime: since }),
  };
  const read = pods.map(async (name) => await linesOf(management, { namespace: clusterId, name }, query, signal));
  return answerOf(question, (await Promise.all(read)).flat());
}

/** Reads on from where somebody stopped. */
export function readSince(management: KubeClient): ReadSince {
  return async (clusterId, component, since, signal) => {
    const { selector, container } = sourceOf(component, clusterId);
    const found = new Map<string, Read>();
    for (const name of await podsOf(management, clusterId, selector, signal)) {
      const from = since(name);
      // Kubernetes knows whole seconds here.
      const query = { container, sinceTime: `${from.slice(0, 19)}Z` };
      const said = await linesOf(management, { namespace: clusterId, name }, query, signal);
      const fresh = said.filter(({ at }) => at > from);
      found.set(name, {
        lines: fresh.filter(({ text }) => isOf(component, text)),
        upTo: fresh.at(-1)?.at ?? from,
      });
    }
    return found;
  };
}
