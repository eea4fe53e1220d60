import type { BackupSettings, Restore } from '../backup/model.ts';
import type { CertificateStatus, Rotation } from '../certificate/model.ts';
import type { AccessSettings } from '../cluster-access/settings.ts';
import type { DeletionSettings } from '../deletion/settings.ts';
import type { HibernationSettings } from '../hibernation/model.ts';
import type { KeyStatus } from '../key/model.ts';
import type { MaintenanceSettings } from '../maintenance/settings.ts';
import type { Place } from '../management-cluster/place.ts';
import type { Condition } from '../shared/conditions.ts';

export const tiers = ['standard', 'ha'] as const;
export type Tier = (typeof tiers)[number];

export const taintEffects = ['NoSchedule', 'PreferNoSchedule', 'NoExecute'] as const;
export type TaintEffect = (typeof taintEffects)[number];

export interface Taint {
  readonly key: string;
  readonly value: string;
  readonly effect: TaintEffect;
}

/** What becomes of the volumes of a cluster's claims when the cluster is deleted. */
export const volumePolicies = ['keep', 'delete'] as const;
export type VolumePolicy = (typeof volumePolicies)[number];

/** How the workers of a pool are replaced. */
export interface Rollout {
  /** So many more than the pool has, for as long as it takes. */
  readonly maxSurge: number;
  /** So many fewer. One of the two is more than 0. */
  readonly maxUnavailable: number;
  /** How long a worker may take to be emptied before it goes with what is on it; 0: as long as it takes. */
  readonly drainTimeoutSeconds: number;
  /** None is replaced for now; what is scaled is scaled. */
  readonly paused: boolean;
}

/** A pool whose number of workers follows what pods need. */
export interface Autoscaling {
  readonly min: number;
  readonly max: number;
  /** Of the pools that would do, the one with the highest grows. */
  readonly priority: number;
  /** A worker that is hardly used goes when it was so for so long. */
  readonly scaleDownAfterSeconds: number;
  /** Hardly used: the pods on it ask for less than this share of its processors, and of its memory. */
  readonly scaleDownBelowPercent: number;
}

export interface Pool {
  readonly name: string;
  /** Name of the OpenStack flavor. */
  readonly flavor: string;
  /** With autoscaling, what it wants now. */
  readonly count: number;
  /** Of its workers, like that of a cluster. */
  readonly kubernetesVersion: string;
  readonly rollout: Rollout;
  /** Workers that are not well are replaced. */
  readonly autoRepair: boolean;
  /** Null: the owner says how many. */
  readonly autoscaling: Autoscaling | null;
  readonly labels: Readonly<Record<string, string>>;
  readonly taints: readonly Taint[];
}

export interface ClusterNetwork {
  readonly nodeCidr: string;
  readonly podCidr: string;
  readonly serviceCidr: string;
}

/** What the customer wants. */
export interface ClusterSpec {
  readonly name: string;
  /** To find it by; nothing follows from them. */
  readonly labels: Readonly<Record<string, string>>;
  /** Of the control plane, with leading v, e.g. `v1.36.3`. Pools have their own. */
  readonly kubernetesVersion: string;
  readonly tier: Tier;
  readonly network: ClusterNetwork;
  readonly pools: readonly Pool[];
  readonly deletion: DeletionSettings;
  readonly access: AccessSettings;
  readonly maintenance: MaintenanceSettings;
  readonly hibernation: HibernationSettings;
  readonly backup: BackupSettings;
}

export const clusterPhases = [
  'creating',
  'ready',
  'updating',
  'degraded',
  'hibernating',
  'hibernated',
  'waking',
  'restoring',
  'deleting',
  'deleted',
] as const;
/** A word derived from the conditions, for people; never decided upon. */
export type ClusterPhase = (typeof clusterPhases)[number];

export interface PoolStatus {
  readonly name: string;
  readonly desired: number;
  /** Machines that exist, in any state. */
  readonly machines: number;
  readonly ready: number;
}

export interface ClusterStatus {
  readonly phase: ClusterPhase;
  readonly conditions: readonly Condition[];
  /** `https://host:port` of the cluster's API, once known. */
  readonly endpoint: string | null;
  readonly kubernetesVersion: string | null;
  readonly pools: readonly PoolStatus[];
  /** What the database of its control plane holds; null until somebody has looked. */
  readonly store: StoreStatus | null;
  /** Of its control plane; empty until somebody has looked. */
  readonly certificates: readonly CertificateStatus[];
  /** Empty until somebody has looked. */
  readonly keys: readonly KeyStatus[];
}

/** Of the database of a control plane. */
export interface StoreStatus {
  readonly bytes: number;
  /** What its rows take; as much as all of it while that is within the quota. */
  readonly usedBytes: number;
  /** Null: there is no limit. */
  readonly quotaBytes: number | null;
  /** It was over the quota, and is not well below it again: nothing more is stored. */
  readonly frozen: boolean;
  /** Estimated. */
  readonly rows: number;
  /** Of the newest write, and up to which older versions are gone. */
  readonly revision: number;
  readonly compactedRevision: number;
  /** ISO 8601; text because it comes as JSON. */
  readonly measuredAt: string;
}

/** A cluster as stored: identity, desired state, and the last reported status. */
export interface Cluster extends ClusterSpec {
  /** `c-` and ten characters of [a-z0-9], also the name of everything that belongs to it elsewhere. */
  readonly id: string;
  readonly projectId: string;
  /** Grows by one with every change of the desired state (deletion included). */
  readonly generation: number;
  /** The generation of the last reconciliation that ended without an error. */
  readonly observedGeneration: number;
  readonly deleteRequestedAt: Date | null;
  /** A deletion that was asked for begins then, unless it is undone. */
  readonly deleteScheduledAt: Date | null;
  /** Credentials for its Kubernetes API are good when they were given out in this epoch or later; it only grows. */
  readonly accessEpoch: number;
  /** The provider has ended its deletion: nothing more is removed. */
  readonly forced: boolean;
  /** When somebody, or its schedule, last said whether it shall sleep, or when it shall. */
  readonly hibernationDecidedAt: Date;
  /** Its data are being replaced by those of a backup. */
  readonly restore: Restore | null;
  /** Since when every moment of it can be had back from the archive of its DataStore; null: none can. */
  readonly recoverableFrom: Date | null;
  /** The backup before its upgrade has not ended yet. */
  readonly awaitsBackup: boolean;
  /** Since when its API may be silent without fault: it was made, woken or restored. */
  readonly awaitedSince: Date;
  /** Certificates that were made before are made anew; null: none but those that near their end. */
  readonly renewBefore: Date | null;
  readonly rotation: Rotation | null;
  /** Fingerprint of the authority that workers shall have joined under; null: the first one. */
  readonly authority: string | null;
  /** The OpenStack credential, and the key that Secrets are stored with, that were made before are replaced; null: nobody asked. */
  readonly credentialBefore: Date | null;
  readonly encryptionBefore: Date | null;
  /** Names of workers that somebody wants replaced. */
  readonly recycling: readonly string[];
  /** Where its control plane runs. */
  readonly place: Place;
  /** Part of the request for deletion. */
  readonly volumesOnDelete: VolumePolicy;
  readonly createdAt: Date;
  readonly updatedAt: Date;
  readonly status: ClusterStatus;
}

export const defaultNetwork: ClusterNetwork = {
  nodeCidr: '10.6.0.0/20',
  podCidr: '10.244.0.0/16',
  serviceCidr: '10.96.0.0/16',
};

/** Nothing is missing meanwhile; a budget that is never met gives way after a quarter of an hour. */
export const defaultRollout: Rollout = { maxSurge: 1, maxUnavailable: 0, drainTimeoutSeconds: 900, paused: false };

export const defaultAutoscaling = { priority: 0, scaleDownAfterSeconds: 600, scaleDownBelowPercent: 50 } as const;

/** What a pool has that says nothing of it. */
export const defaultPoolSettings = { rollout: defaultRollout, autoRepair: true, autoscaling: null } as const;

export const newClusterStatus: ClusterStatus = {
  phase: 'creating',
  conditions: [],
  endpoint: null,
  kubernetesVersion: null,
  pools: [],
  store: null,
  certificates: [],
  keys: [],
};

/** Replicas of the control plane that a tier stands for. */
export function controlPlaneReplicas(tier: Tier): number {
  return tier === 'ha' ? 2 : 1;
}
