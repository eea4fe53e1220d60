import type { AutoscalerMemory, Cluster, ClusterPlan, Failure, LedgerEntry, Repair } from '@matryoshka/domain';
import type { Drift } from '../cluster/drift.ts';
import type { ClusterStore, SecretKind } from '../cluster/ports.ts';

export interface MemoryStore extends ClusterStore {
  /** Changes what is desired, as kaas-api would. */
  desire(cluster: Cluster): void;
  /** As if it was never stored. */
  forgetSecret(clusterId: string, kind: SecretKind): void;
  readonly plans: readonly ClusterPlan[];
  /** What somebody else changed. */
  readonly drifts: readonly Drift[];
  /** What went wrong in the turns that reported it. */
  readonly failures: readonly Failure[];
  /** Rows of all tables, to see what is left. */
  readonly left: { readonly ledger: number; readonly secrets: number };
}

/** The port in memory. `before` is called before every write and may throw to end the "process" there. */
export function createMemoryStore(before: (what: string) => void): MemoryStore {
  const clusters = new Map<string, Cluster>();
  const ledger = new Map<string, LedgerEntry[]>();
  const repairs = new Map<string, readonly Repair[]>();
  const memories = new Map<string, ReadonlyMap<string, AutoscalerMemory>>();
  const drifts: Drift[] = [];
  const secrets = new Map<string, string>();
  const plans: ClusterPlan[] = [];
  const failures: Failure[] = [];
  const secretKey = (id: string, kind: SecretKind): string => `${id}/${kind}`;
  return {
    drifts,
    plans,
    failures,
    get left() {
      return { ledger: [...ledger.values()].flat().length, secrets: secrets.size };
    },
    desire: (cluster) => {
      clusters.set(cluster.id, cluster);
    },
    forgetSecret: (id, kind) => {
      secrets.delete(secretKey(id, kind));
    },
    load: async (id) => clusters.get(id),
    due: async () => [...clusters.keys()],
    ledger: async (id) => ledger.get(id) ?? [],
    addLedger: async (id, key) => {
      before(`ledger + ${key.kind}`);
      const entries = ledger.get(id) ?? [];
      if (entries.some(({ kind, name }) => kind === key.kind && name === key.name)) return;
      ledger.set(id, [...entries, { ...key, externalId: null, createdAt: new Date() }]);
    },
    removeLedger: async (id, key) => {
      before(`ledger - ${key.kind}`);
      const entries = ledger.get(id) ?? [];
      ledger.set(
        id,
        entries.filter(({ kind, name }) => kind !== key.kind || name !== key.name),
      );
    },
    repairs: async (id, since) => (repairs.get(id) ?? []).filter(({ at }) => at >= since),
    addRepair: async ({ id }, repair) => {
      before(`repair ${repair.node}`);
      const entries = repairs.get(id) ?? [];
      if (!entries.some(({ node }) => node === repair.node)) repairs.set(id, [...entries, repair]);
    },
    autoscaler: async (id) => ({
      flavors: [{ name: 'm1.medium', vcpus: 2, ramMib: 2048 }],
      memory: Object.fromEntries(memories.get(id) ?? []),
    }),
    rememberAutoscaler: async (id, pool, memory) => {
      before(`remember ${pool}`);
      memories.set(id, new Map([...(memories.get(id) ?? []), [pool, memory]]));
    },
    scalePool: async ({ id }, { pool: name, from, to }) => {
      before(`scale ${name} ${to}`);
      const found = clusters.get(id);
      if (found === undefined) return;
      const scaled = found.pools.map((pool) =>
        pool.name === name && pool.count === from ? { ...pool, count: to } : pool,
      );
      clusters.set(id, { ...found, pools: scaled });
    },
    renewWorkers: async (id, authority) => {
      before('renewWorkers');
      const cluster = clusters.get(id);
      if (cluster !== undefined) clusters.set(id, { ...cluster, authority });
    },
    endRotation: async (id, phase) => {
      before(`endRotation ${phase}`);
      const cluster = clusters.get(id);
      const rotation = phase === null ? null : { phase, since: new Date() };
      if (cluster !== undefined) clusters.set(id, { ...cluster, rotation });
    },
    allowRestore: async (id) => {
      before('allowRestore');
      const cluster = clusters.get(id);
      if (cluster?.restore) clusters.set(id, { ...cluster, restore: { ...cluster.restore, allowed: true } });
    },
    noteDrift: async (_, drift) => {
      before(`drift ${drift.kind}`);
      drifts.push(drift);
    },
    secret: async (id, kind) => secrets.get(secretKey(id, kind)),
    saveSecret: async (cluster, kind, value) => {
      before(`secret ${kind}`);
      secrets.set(secretKey(cluster.id, kind), value);
    },
    report: async (cluster, plan, error) => {
      before('report');
      if (error !== undefined) failures.push(error);
      plans.push(plan);
      const { phase, conditions, endpoint, kubernetesVersion, pools } = plan;
      const observedGeneration = plan.converged ? cluster.generation : cluster.observedGeneration;
      const status = { phase, conditions, endpoint, kubernetesVersion, pools, store: null, certificates: [], keys: [] };
      clusters.set(cluster.id, { ...(clusters.get(cluster.id) ?? cluster), observedGeneration, status });
    },
    finishDeletion: async (cluster) => {
      before('finish deletion');
      if ((ledger.get(cluster.id) ?? []).length > 0) throw new Error('the ledger is not empty');
      clusters.delete(cluster.id);
      for (const key of secrets.keys()) if (key.startsWith(`${cluster.id}/`)) secrets.delete(key);
    },
  };
}
