import type { WorkQueue } from '@matryoshka/kube';
import { Counter, Gauge, Histogram, type Registry } from '@matryoshka/system';
import type { ClusterStore } from '../cluster/ports.ts';

/** What is counted of the work of a controller. */
export interface ControllerMetrics {
  reconciled(result: 'done' | 'failed', seconds: number): void;
  /** The queue that is worked on from now on. */
  works(queue: WorkQueue): void;
  leads(name: string, isLeading: boolean): void;
  /** The store, with what passes through it counted. */
  counted(store: ClusterStore): ClusterStore;
}

export function createControllerMetrics(register: Registry): ControllerMetrics {
  const registers = [register];
  const reconciles = new Histogram({
    name: 'kaas_reconcile_duration_seconds',
    help: 'Time of one turn of a cluster, by how it ended',
    labelNames: ['result'],
    buckets: [0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60],
    registers,
  });
  const leading = new Gauge({
    name: 'kaas_leading',
    help: '1: this process does this work; 0: another one does, or nobody',
    labelNames: ['name'],
    registers,
  });
  let queue: WorkQueue | undefined;
  const depth = new Gauge({
    name: 'kaas_queue_clusters',
    help: 'Clusters that wait for a worker, are worked on, or come later',
    labelNames: ['state'],
    registers,
    collect: () => {
      const { depth: waiting = 0, processing = 0, delayed = 0 } = queue?.metrics ?? {};
      depth.set({ state: 'waiting' }, waiting);
      depth.set({ state: 'working' }, processing);
      depth.set({ state: 'delayed' }, delayed);
    },
  });
  const oldest: Gauge = new Gauge({
    name: 'kaas_queue_oldest_seconds',
    help: 'How long the cluster waits that waits longest for a worker',
    registers,
    collect: () => oldest.set((queue?.metrics.oldestMs ?? 0) / 1_000),
  });
  return {
    reconciled: (result, seconds) => reconciles.observe({ result }, seconds),
    works: (now) => {
      queue = now;
    },
    leads: (name, isLeading) => leading.set({ name }, isLeading ? 1 : 0),
    counted: (store) => countedStore(store, registers),
  };
}

function countedStore(store: ClusterStore, registers: Registry[]): ClusterStore {
  const repairs = new Counter({
    name: 'kaas_node_repairs_total',
    help: 'Workers that were replaced because they were not well, by cause',
    labelNames: ['cause'],
    registers,
  });
  const scalings = new Counter({
    name: 'kaas_pool_scalings_total',
    help: 'Times that pools changed their number of workers by themselves',
    labelNames: ['direction'],
    registers,
  });
  const drifts = new Counter({
    name: 'kaas_drift_total',
    help: 'Objects of ours that somebody else changed and that were put right, by kind',
    labelNames: ['where', 'kind'],
    registers,
  });
  return {
    ...store,
    addRepair: async (cluster, repair) => {
      await store.addRepair(cluster, repair);
      repairs.inc({ cause: repair.cause.reason });
    },
    scalePool: async (cluster, scaling) => {
      await store.scalePool(cluster, scaling);
      scalings.inc({ direction: scaling.to > scaling.from ? 'up' : 'down' });
    },
    noteDrift: async (cluster, drift) => {
      await store.noteDrift(cluster, drift);
      drifts.inc({ where: drift.where, kind: drift.kind });
    },
  };
}
