import { errorMessage, type Logger } from '@matryoshka/system';
import { createLoadBalancerEngine, type LoadBalancerEngine } from '../engine/load-balancer/index.ts';
import { named } from '../faults/index.ts';
import type { ServiceContext } from '../service.ts';
import type { Store } from '../store/index.ts';
import { createWorkQueue, type WorkQueue } from '../tasks/work-queue.ts';
import { deadDatagramMembers, expectsProxy } from './data-plane.ts';
import type { VipNetworking } from './networking.ts';
import { reconcileLoadBalancer, reportOperatingStatus } from './reconcile.ts';
import { objectById, objectsOfKind, setProvisioning, treeOf } from './rows.ts';

const STATUS_INTERVAL_MS = 3000;
const ATTEMPTS_BEFORE_ERROR = 8;
const stuckMs = 500;

export interface LoadBalancerController {
  /** Brings the load balancer of that id to its rows, soon. */
  enqueue(id: string): void;
  readonly engine: LoadBalancerEngine;
  start(): Promise<void>;
  stop(): Promise<void>;
}

/** Turns rows into namespaces and proxies, and what proxies see into operating status. Level triggered: it may be run at any time. */
export function createLoadBalancerController(
  context: ServiceContext,
  networking: VipNetworking,
): LoadBalancerController {
  const { store, log, paths, config } = context;
  const engine = createLoadBalancerEngine({
    prefix: config.prefix,
    directory: paths.loadBalancers,
    runDirectory: paths.run,
  });
  const attempts = new Map<string, number>();
  const queue: WorkQueue = createWorkQueue({
    name: 'load-balancer',
    log,
    reconcile: async (id) => {
      try {
        const name = String(objectById(store, 'loadbalancer', id)?.data.name ?? '');
        const fault = context.faults.meet('load-balancer', named(name));
        if (fault?.outcome === 'stuck') return { againAfterMs: stuckMs };
        if (fault?.outcome === 'error') {
          markError(store, id, log, new Error('a test wants it so'));
          return undefined;
        }
        await reconcileLoadBalancer(store, engine, networking, id);
        attempts.delete(id);
      } catch (error) {
        const count = (attempts.get(id) ?? 0) + 1;
        attempts.set(id, count);
        if (count >= ATTEMPTS_BEFORE_ERROR) markError(store, id, log, error);
        throw error;
      }
      return undefined;
    },
  });
  let timer: NodeJS.Timeout | undefined;
  let polling: Promise<void> = Promise.resolve();
  const poll = async (): Promise<void> => {
    for (const row of objectsOfKind(store, 'loadbalancer')) {
      if (row.provisioning_status !== 'ACTIVE') continue;
      const before = deadDatagramMembers(treeOf(store, row.id));
      const seen = await reportOperatingStatus(store, engine, row.id);
      const tree = treeOf(store, row.id);
      // Its proxy should answer and does not: killed, or its namespace is gone.
      const lost = seen === undefined && expectsProxy(row, tree);
      if (lost || deadDatagramMembers(tree) !== before) queue.enqueue(row.id);
    }
  };
  const tick = (): void => {
    timer = setTimeout(() => {
      polling = poll()
        .catch((error: unknown) => log.warn({ error: errorMessage(error) }, 'load balancer status'))
        .finally(() => {
          if (timer !== undefined) tick();
        });
    }, STATUS_INTERVAL_MS);
  };
  return {
    engine,
    enqueue: queue.enqueue,
    start: async () => {
      const ids = objectsOfKind(store, 'loadbalancer').map((row) => row.id);
      await engine.removeOthers(ids);
      for (const id of ids) queue.enqueue(id);
      tick();
    },
    stop: async () => {
      clearTimeout(timer);
      timer = undefined;
      await Promise.all([queue.stop(), polling]);
    },
  };
}

function markError(store: Store, id: string, log: Logger, error: unknown): void {
  log.error({ loadBalancer: id, error: errorMessage(error) }, 'load balancer failed');
  store.transaction(() => {
    for (const row of treeOf(store, id))
      if (row.provisioning_status === 'PENDING_CREATE' || row.provisioning_status === 'PENDING_UPDATE')
        setProvisioning(store, row.id, 'ERROR');
  });
}
