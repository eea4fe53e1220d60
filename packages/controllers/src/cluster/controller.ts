import { createInformer, createWorkQueue, type KubeObject, runWorkers, type WorkQueue } from '@matryoshka/kube';
import { repeatedly } from '@matryoshka/system';
import type { ControllerMetrics } from '../metrics/metrics.ts';
import type { ClusterContext } from './context.ts';
import { clusterLabel } from './labels.ts';
import { clusterApiVersion } from './manifests/cluster.ts';
import { controlPlaneApiVersion } from './manifests/control-plane.ts';
import { infrastructureApiVersion, serverApiVersion } from './manifests/infrastructure.ts';
import { reconcileCluster } from './reconcile.ts';

export interface ControllerOptions {
  readonly workers: number;
  /** How often the database is asked for due clusters: the backstop that makes notifications and watches mere accelerators. */
  readonly pollIntervalMs: number;
  /** One cluster's turn may take so long; a dead tenant never holds a worker for ever. */
  readonly reconcileTimeoutMs: number;
  /** Watch the management cluster and listen to the database; off = polling alone must do. */
  readonly notify: boolean;
  readonly metrics?: ControllerMetrics;
  /** Listens to the database until the signal aborts; calls back with ids of clusters that changed. */
  readonly listen?: (onCluster: (clusterId: string) => void, signal: AbortSignal) => Promise<void>;
}

export const controllerDefaults = {
  workers: 4,
  pollIntervalMs: 1_000,
  reconcileTimeoutMs: 60_000,
  notify: true,
} as const;

/** Kinds whose changes are news for the cluster in whose namespace they lie. */
const watched: readonly (readonly [apiVersion: string, kind: string])[] = [
  [clusterApiVersion, 'Cluster'],
  [clusterApiVersion, 'MachineDeployment'],
  [clusterApiVersion, 'Machine'],
  [controlPlaneApiVersion, 'KamajiControlPlane'],
  ['kamaji.clastix.io/v1alpha1', 'TenantControlPlane'],
  [infrastructureApiVersion, 'OpenStackCluster'],
  [infrastructureApiVersion, 'OpenStackMachine'],
  [serverApiVersion, 'OpenStackServer'],
];

/** Reconciles clusters until the signal aborts. The caller makes sure that only one controller does so at a time. */
export async function runClusterController(
  context: ClusterContext,
  options: ControllerOptions,
  signal: AbortSignal,
): Promise<void> {
  const queue = createWorkQueue({ backoff: { baseMs: 500, maxMs: 60_000 } });
  options.metrics?.works(queue);
  const sources = [pollDue(context, queue, options.pollIntervalMs, signal)];
  if (options.notify) {
    sources.push(watchManagement(context, queue, signal));
    if (options.listen !== undefined) sources.push(options.listen((id) => queue.add(id), signal));
  }
  signal.addEventListener('abort', () => queue.shutDown(), { once: true });
  if (signal.aborted) queue.shutDown();
  const working = runWorkers(
    queue,
    options.workers,
    async (clusterId) => {
      const turn = AbortSignal.any([signal, AbortSignal.timeout(options.reconcileTimeoutMs)]);
      const startedAt = performance.now();
      const count = (result: 'done' | 'failed'): void =>
        options.metrics?.reconciled(result, (performance.now() - startedAt) / 1_000);
      try {
        const result = await reconcileCluster(context, clusterId, turn);
        count('done');
        return result;
      } catch (error) {
        count('failed');
        throw error;
      }
    },
    (clusterId, error) => {
      if (!signal.aborted) context.log.error({ clusterId, err: error }, 'cluster could not be reconciled');
    },
  );
  await Promise.all([
    working,
    ...sources.map((source) => source.catch((error: unknown) => logUnlessAborted(context, error, signal))),
  ]);
}

function logUnlessAborted(context: ClusterContext, error: unknown, signal: AbortSignal): void {
  if (!signal.aborted) context.log.error({ err: error }, 'a source of work ended');
}

async function pollDue(
  context: ClusterContext,
  queue: WorkQueue,
  intervalMs: number,
  signal: AbortSignal,
): Promise<void> {
  const failed = (error: unknown): void => logUnlessAborted(context, error, signal);
  await repeatedly({ intervalMs, signal, failed }, async () => {
    for (const id of await context.store.due(200)) queue.add(id);
  });
}

async function watchManagement(context: ClusterContext, queue: WorkQueue, signal: AbortSignal): Promise<void> {
  const informers = watched.map(([apiVersion, kind]) =>
    createInformer<KubeObject>(context.management, {
      query: { apiVersion, kind, labelSelector: clusterLabel },
      onChange: (object) => {
        const id = object.metadata.labels?.[clusterLabel];
        if (id !== undefined) queue.add(id);
      },
      onError: (error) => context.log.debug({ kind, err: error }, 'watch interrupted'),
    }).run(signal),
  );
  await Promise.all(informers);
}
