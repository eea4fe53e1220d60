/** What of a machine pods share out. */
export interface Resources {
  /** Thousandths of a processor. */
  readonly cpuMillis: number;
  readonly memoryBytes: number;
  /** How many pods. */
  readonly pods: number;
}

export interface NodeTaint {
  readonly key: string;
  readonly value: string;
  readonly effect: string;
}

export interface Toleration {
  /** Empty with `Exists`: every taint. */
  readonly key: string;
  readonly operator: 'Exists' | 'Equal';
  readonly value: string;
  /** Empty: every effect. */
  readonly effect: string;
}

/** As in a NodeSelectorTerm or a label selector of Kubernetes. */
export interface Requirement {
  readonly key: string;
  readonly operator: 'In' | 'NotIn' | 'Exists' | 'DoesNotExist' | 'Gt' | 'Lt';
  readonly values: readonly string[];
}

/** Pods that one may not share a node with. */
export interface Rejection {
  readonly namespaces: readonly string[];
  readonly requirements: readonly Requirement[];
}

/** A pod as far as where it can run is concerned. */
export interface ScheduledPod {
  readonly namespace: string;
  readonly name: string;
  /** Null: it waits for one. */
  readonly node: string | null;
  /** The scheduler said that it fits nowhere. */
  readonly unschedulable: boolean;
  readonly needs: Resources;
  readonly labels: Readonly<Record<string, string>>;
  readonly nodeSelector: Readonly<Record<string, string>>;
  /** One of them must hold; none given: no matter. */
  readonly nodeTerms: readonly (readonly Requirement[])[];
  readonly tolerations: readonly Toleration[];
  /** Required anti-affinity by host name. */
  readonly rejects: readonly Rejection[];
  /** It belongs to its node and counts for nothing when that goes. */
  readonly everywhere: boolean;
  /** Why it cannot be moved; null: it can. */
  readonly pinned: string | null;
}

/** A node as far as room for pods is concerned. */
export interface NodeRoom {
  readonly name: string;
  readonly pool: string;
  readonly allocatable: Resources;
  readonly labels: Readonly<Record<string, string>>;
  readonly taints: readonly NodeTaint[];
  /** Pods may be put on it now. */
  readonly open: boolean;
  /** Its owner wants it kept. */
  readonly keep: boolean;
}

/** What the controller remembers of a pool from one look to the next. Times as text, because it is stored as JSON. */
export interface AutoscalerMemory {
  /** Nodes that are hardly used, and since when. */
  readonly unneeded: Readonly<Record<string, string>>;
  readonly grewAt: string | null;
  /** Machines of it could not be made; until then it does not grow. */
  readonly restsUntil: string | null;
}

export const noMemory: AutoscalerMemory = { unneeded: {}, grewAt: null, restsUntil: null };

/** Everything the numbers of workers are decided upon. */
export interface ObservedLoad {
  readonly nodes: readonly NodeRoom[];
  readonly pods: readonly ScheduledPod[];
  /** What a new worker of a pool would have for pods; absent when nothing tells. */
  readonly fresh: Readonly<Record<string, Omit<NodeRoom, 'name'>>>;
  readonly memory: Readonly<Record<string, AutoscalerMemory>>;
}
