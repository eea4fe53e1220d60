import type {
  AutoscalerMemory,
  Cluster,
  ClusterPlan,
  Failure,
  LedgerEntry,
  LedgerKey,
  Repair,
  Scaling,
} from '@matryoshka/domain';
import type { Drift } from './drift.ts';
import type { AutoscalerFacts } from './gather/load.ts';

export type SecretKind = 'kubeconfig' | 'application-credential' | 'openstack-user' | 'encryption';

/** What the cluster controller needs of the database. Every write is idempotent. */
export interface ClusterStore {
  /** The cluster with its pools; undefined when there is none, it is deleted, or another controller's. */
  load(clusterId: string): Promise<Cluster | undefined>;
  /** Ids of clusters that are due now, most urgent first. */
  due(limit: number): Promise<readonly string[]>;
  ledger(clusterId: string): Promise<readonly LedgerEntry[]>;
  addLedger(clusterId: string, key: LedgerKey): Promise<void>;
  removeLedger(clusterId: string, key: LedgerKey): Promise<void>;
  /** Workers that were replaced because they were not well, since then. */
  repairs(clusterId: string, since: Date): Promise<readonly Repair[]>;
  addRepair(cluster: Cluster, repair: Repair): Promise<void>;
  /** Sizes of flavors, and what is remembered of pools that scale by themselves. */
  autoscaler(clusterId: string): Promise<AutoscalerFacts>;
  rememberAutoscaler(clusterId: string, pool: string, memory: AutoscalerMemory): Promise<void>;
  /** Does nothing when somebody else changed the number meanwhile. */
  scalePool(cluster: Cluster, scaling: Scaling): Promise<void>;
  /** Its control plane has stopped: a backup may be loaded. */
  allowRestore(clusterId: string): Promise<void>;
  /** Workers that joined under another authority are replaced. */
  renewWorkers(clusterId: string, authority: string): Promise<void>;
  /** A step of a rotation is over, or all of it. */
  endRotation(clusterId: string, phase: 'prepared' | null): Promise<void>;
  /** Somebody changed what is ours. */
  noteDrift(cluster: Cluster, drift: Drift & { readonly where: 'management' | 'cluster' }): Promise<void>;
  /** A secret in clear text; undefined when none is stored. */
  secret(clusterId: string, kind: SecretKind): Promise<string | undefined>;
  saveSecret(cluster: Cluster, kind: SecretKind, value: string): Promise<void>;
  /** Status, conditions, progress of operations, time of the next look; with an error, the turn is repeated with growing pauses. */
  report(cluster: Cluster, plan: ClusterPlan, error?: Failure): Promise<void>;
  /** Erases secrets, marks the row deleted, ends its operations. Fails while the ledger is not empty. */
  finishDeletion(cluster: Cluster): Promise<void>;
}
