/**
 * What a cluster is served by that its owner never sees: `openstack-credential` with which its load balancers, volumes and workers are made in the project, and `encryption`, with which its
 * Secrets are stored.
 */
export const clusterKeys = ['openstack-credential', 'encryption'] as const;
export type ClusterKey = (typeof clusterKeys)[number];

export interface KeyStatus {
  readonly key: ClusterKey;
  /** ISO 8601; null: nobody knows, it is older than this. */
  readonly madeAt: string | null;
  /** `absent`: there is none, Secrets are stored as they are. */
  readonly state: 'current' | 'rotating' | 'absent';
}

export interface ObservedCredential {
  readonly id: string;
  /** Without its secret in our store it must be made anew. */
  readonly secretStored: boolean;
  /** Null: it is from before this was remembered. */
  readonly madeAt: Date | null;
  /** How many others its user has: those from before. */
  readonly superseded: number;
  /** Whatever runs for the cluster was started with it; only looked at while others are there. */
  readonly handedOver: boolean;
}

/** Stands for what is stored as it is. */
export const plain = 'identity';

/** The keys that Secrets of a cluster are stored with. */
export interface ObservedEncryption {
  /** Grows with every change of the order. */
  readonly generation: number;
  /** Names of the keys that replicas are given, {@link plain} among them: the first one writes, all of them read. */
  readonly order: readonly string[];
  readonly newest: { readonly name: string; readonly madeAt: Date };
  /** Keys that live data need no more, but backups may. */
  readonly retired: readonly string[];
  /** Something may still be stored by another than the first. */
  readonly stale: boolean;
  /** Every replica was started with this order. */
  readonly rolledOut: boolean;
}

/**
 * `begin`: make the first key of a cluster that stores nothing yet. `introduce`: make the first one of a cluster that has stored, to be read by all before one writes with it. `add`: another, likewise.
 * `serve`: write with the newest. `rewrite`: store all Secrets again. `retire`: give replicas the newest alone. `recall`: give them those that a backup may need.
 */
export type EncryptionStep = 'begin' | 'introduce' | 'add' | 'serve' | 'rewrite' | 'retire' | 'recall';
