import { controlPlanePodLabel } from '@matryoshka/addons';
import type { Cluster, ObservedControlPlane, ObservedPod } from '@matryoshka/domain';
import { type KubeObject, podTrouble } from '@matryoshka/kube';
import { authenticationHash } from '../authentication-hash.ts';
import type { ClusterContext } from '../context.ts';
import { generationIn } from '../encryption/gather.ts';
import { authenticationAnnotation } from '../labels.ts';
import { conditionsOf, listAt, textAt } from '../read.ts';
import { crowdedReplica } from './crowded.ts';

export interface ControlPlanePods {
  /** Those that shall stay. */
  readonly pods: readonly ObservedPod[];
  /**
   * How many revisions of their Deployment may serve at the moment: pods that were told to end count for no Deployment any more, but load balancers send to them for some seconds, until their time is over.
   */
  readonly revisions: number;
  /** Generations of the keys for Secrets that pods were started with (null: with none), of all that are there: one that should have ended may be on a node that nobody hears of, and write. */
  readonly keys: ReadonlySet<number | null>;
  readonly crowded: ObservedControlPlane['crowded'];
}

/** The pods of the control plane. Throws when they cannot be listed. */
export async function gatherControlPlanePods(
  context: ClusterContext,
  cluster: Cluster,
  signal: AbortSignal,
): Promise<ControlPlanePods> {
  const labelSelector = `${controlPlanePodLabel}=${cluster.id}`;
  const query = { apiVersion: 'v1', kind: 'Pod', namespace: cluster.id, labelSelector };
  const { items } = await context.management.list<KubeObject>(query, { signal });
  const hash = authenticationHash(context, cluster);
  const staying = items.filter(({ metadata }) => metadata.deletionTimestamp === undefined);
  const now = context.now();
  const serving = items.filter(({ metadata: { deletionTimestamp: end } }) => end === undefined || new Date(end) > now);
  const pods = await Promise.all(
    staying.map(async (pod) => {
      const trouble = podTrouble(pod) ?? null;
      const isUnscheduled = conditionsOf(pod).some(({ type, status }) => type === 'PodScheduled' && status === 'False');
      return {
        name: pod.metadata.name,
        told: pod.metadata.annotations?.[authenticationAnnotation] === hash,
        alone: isAlone(pod),
        trouble,
        unscheduled: isUnscheduled,
        log: trouble === null || isUnscheduled ? null : await kineLog(context, pod, signal),
      };
    }),
  );
  return {
    pods,
    revisions: new Set(serving.map(({ metadata }) => metadata.labels?.['pod-template-hash'])).size,
    keys: new Set(items.map((pod) => generationIn(pod.spec))),
    crowded: cluster.tier === 'ha' ? await crowdedReplica(context.management, staying, signal) : null,
  };
}

/** Kamaji tells the konnectivity server how many replicas there are (internal/builders/controlplane/konnectivity_server.go). */
function isAlone(pod: KubeObject): boolean {
  const server = listAt(pod, 'spec', 'containers').find((one) => textAt(one, 'name') === 'konnectivity-server');
  return listAt(server, 'args').includes('--server-count=1');
}

/** The end of what kine says: the only place where a full database is told in its own words. Null when there is none to be had. */
async function kineLog(context: ClusterContext, { metadata }: KubeObject, signal: AbortSignal): Promise<string | null> {
  const path = `/api/v1/namespaces/${metadata.namespace}/pods/${metadata.name}/log`;
  try {
    const query = { container: 'kine', tailLines: '20' };
    return await context.management.transport.text({ method: 'GET', path, query, timeoutMs: 3_000, signal });
  } catch {
    return null;
  }
}
