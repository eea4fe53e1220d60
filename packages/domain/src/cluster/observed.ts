import type { ObservedLoad } from '../autoscaling/model.ts';
import type { Failure } from '../cause/causes.ts';
import type { ObservedCertificate, ObservedRotation } from '../certificate/model.ts';
import type { ObservedCredential, ObservedEncryption } from '../key/model.ts';
import type { Repair } from '../repair/model.ts';
import type { Looked } from '../shared/looked.ts';
import type { LedgerEntry } from './ledger.ts';

/** Groups of objects in the management cluster that are applied together. Pools have their own actions. */
export const manifestGroups = ['namespace', 'credentials', 'cluster', 'cloud-controller', 'volume-controller'] as const;
export type ManifestGroup = (typeof manifestGroups)[number];

/**
 * How what is applied relates to what should be: `current` = rendered now it would be the same (hash annotation, all objects exist),
 * `outdated` = exists but differs, `absent` = nothing of it exists, `deleting` = has a deletion timestamp, `unknown` = could not look.
 */
export type Applied = 'current' | 'outdated' | 'absent' | 'deleting' | 'unknown';

export interface ObservedInfrastructure {
  /** OpenStackCluster ready: network, subnet, router, security groups exist. */
  readonly ready: boolean;
  readonly failure?: Failure;
}

export interface ObservedControlPlane {
  /** `https://host:port` once the load balancer has an address. */
  readonly endpoint: string | null;
  readonly initialized: boolean;
  readonly replicas: number;
  readonly readyReplicas: number;
  readonly version: string | null;
  readonly failure?: Failure;
  readonly pods: readonly ObservedPod[];
  /** The replica that could go to another node with room while all of them are on one; since when they are. Null: they are spread, or there is no such node. */
  readonly crowded: { readonly pod: string; readonly since: Date } | null;
  /** The Service of the API while it has no address: since when, and what the last event says. */
  readonly unaddressed: { readonly since: Date; readonly event: string | null } | null;
  readonly certificates: readonly ObservedCertificate[];
  /** False while pods of an older revision are being replaced, or may still serve. */
  readonly rolledOut: boolean;
  /** Of the keys for Secrets that every replica there is was started with; null: with none, or not all with the same. */
  readonly keysGeneration: number | null;
  /** Only looked for in a cluster that is in a rotation; undefined also when it could not be told. */
  readonly rotation?: ObservedRotation;
}

/** A pod of the control plane. */
export interface ObservedPod {
  readonly name: string;
  /** It was told the rules of who is let in as they are now. */
  readonly told: boolean;
  /** It was made as the only replica, and knows of no other. */
  readonly alone: boolean;
  /** Why it is not ready; null when it is. */
  readonly trouble: string | null;
  readonly unscheduled: boolean;
  /** The end of kine's log, of a pod that is not ready. */
  readonly log: string | null;
}

export interface ObservedNode {
  readonly name: string;
  readonly machine: string;
  readonly ready: { readonly status: 'True' | 'False' | 'Unknown'; readonly message: string; readonly since: Date };
  /** Conditions that say what it is short of. */
  readonly pressures: readonly { readonly type: string; readonly since: Date }[];
}

/** A kubelet's request for a certificate that nobody has answered. */
export interface ObservedCertificateRequest {
  readonly name: string;
  readonly node: string;
  readonly since: Date;
}

/** Keys of labels, and `key:effect` of taints, that a node has from its pool. */
export interface NodeSettings {
  readonly labels: readonly string[];
  readonly taints: readonly string[];
}

export interface ObservedMachine {
  readonly name: string;
  readonly pool: string;
  /** Name of the flavor its server has. */
  readonly flavor: string;
  /** Cluster API phase word, for display: Pending, Provisioning, Provisioned, Running, Deleting, Failed. */
  readonly phase: string;
  /** It found its Node once. */
  readonly joined: boolean;
  /** Node of this machine is Ready. */
  readonly ready: boolean;
  /** Since when `ready` is what it is; of a machine that was never ready, when it was made. */
  readonly readySince: Date;
  readonly deleting: boolean;
  /** It goes first when its pool shrinks. */
  readonly goesFirst: boolean;
  readonly createdAt: Date;
  /** Nova's word for the state of its server; null while there is none, DELETED when it is gone. */
  readonly server: string | null;
  readonly serverId: string | null;
  readonly address: string | null;
  /** What its kubelet says. */
  readonly kubernetesVersion: string | null;
  /** What its console says went wrong; only looked for when it does not become a Node. */
  readonly consoleError: string | null;
  /** What it joined with; null while nothing says. */
  readonly joinedWith: NodeSettings | null;
  /** What Cluster API says about emptying it, while it is being deleted. */
  readonly drain: string | null;
  /** Set when it will never become ready by itself (e.g. CAPO InstanceStateError); message holds Nova's fault. */
  readonly failure?: Failure;
}

export interface ObservedPool {
  readonly name: string;
  readonly applied: Applied;
  /** Version that its machines have or are being given; null while nothing says. */
  readonly kubernetesVersion: string | null;
  /** Machines of older templates that still have to be replaced. */
  readonly outdatedMachines: number;
}

export interface ObservedTenant {
  /** Nodes without a Machine (stale; one without providerID blocks every load balancer). */
  readonly staleNodes: readonly string[];
  /** Nodes that have not the labels and taints of their pool. */
  readonly unsettledNodes: readonly string[];
  /** VolumeAttachments to nodes of which neither Node nor Machine is left. */
  readonly staleVolumeAttachments: readonly string[];
  readonly addons: Applied;
  /** Add-on pods that must run are available (flannel on each node, CoreDNS ≥ 1, konnectivity agent). */
  readonly addonsReady: boolean;
  readonly addonsMessage?: string;
  /** Why add-ons do not run, where it can be told. */
  readonly addonsFailure?: Failure;
  readonly nodes: readonly ObservedNode[];
  readonly requests: readonly ObservedCertificateRequest[];
  /** What Kubernetes could not make in the project for the customer; the first of each kind. */
  readonly loadBalancerFailure?: Failure;
  readonly volumeFailure?: Failure;
  /** What the numbers of workers are decided upon; only looked at where pools scale by themselves. */
  readonly load?: ObservedLoad;
  /** Services of type LoadBalancer that exist in the tenant. */
  readonly loadBalancerServices: number;
}

/** Everything gathered about one cluster; made fresh for every reconciliation. */
export interface ObservedCluster {
  readonly ledger: readonly LedgerEntry[];
  /** The application credential in Keystone. */
  readonly credential: Looked<ObservedCredential>;
  /** Null: Secrets are stored as they are. */
  readonly encryption: ObservedEncryption | null;
  readonly applied: Readonly<Record<ManifestGroup, Applied>>;
  readonly infrastructure: Looked<ObservedInfrastructure>;
  readonly controlPlane: Looked<ObservedControlPlane>;
  readonly pools: readonly ObservedPool[];
  /** False when pools and machines could not be listed: the two lists are then meaningless. */
  readonly poolsKnown: boolean;
  readonly machines: readonly ObservedMachine[];
  /** Of the last hour. */
  readonly repairs: readonly Repair[];
  /** `absent` when the control plane is not initialised yet or gone; `unknown` when it should answer and does not. */
  readonly tenant: Looked<ObservedTenant>;
  /** `current` when the stored kubeconfig names the API as the control plane's own does; `absent` when none is stored. */
  readonly kubeconfig: 'current' | 'outdated' | 'absent';
  /** Load balancers `kube_service_<id>_…` left in the project. Only gathered while deleting; else absent. */
  readonly leftoverLoadBalancers: Looked<number>;
  /** Volumes made for this cluster, in the project. Only gathered while deleting what shall not be kept; else absent. */
  readonly leftoverVolumes: Looked<number>;
}
