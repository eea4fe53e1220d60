/** A certificate of a control plane, as its Secret in the management cluster has it. */
export interface ObservedCertificate {
  /** Of its Secret and of the key in it, without the cluster's id. */
  readonly name: string;
  /** The Secret that Kamaji makes anew when it is gone; null when nothing is renewed that way. */
  readonly secret: string | null;
  /** It signs others. */
  readonly authority: boolean;
  readonly madeAt: Date;
  readonly notAfter: Date;
}

/** The same as it is reported; times are text because they come as JSON. */
export interface CertificateStatus {
  readonly name: string;
  readonly authority: boolean;
  /** ISO 8601. */
  readonly notAfter: string;
  /** When it is renewed at the latest; null when nobody renews it. */
  readonly renewsAt: string | null;
}

/**
 * A rotation replaces the authority of a cluster, and the key of its ServiceAccounts, in two steps, because clients have to learn of the new one before they meet it:
 * `preparing` until everything trusts both, `prepared` until the owner says that all clients of theirs do, `completing` until the old one is trusted by nothing.
 */
export const rotationPhases = ['preparing', 'prepared', 'completing'] as const;
export type RotationPhase = (typeof rotationPhases)[number];

export interface Rotation {
  readonly phase: RotationPhase;
  readonly since: Date;
}

/**
 * What a control plane is given, one after the other, each only when no replica has less:
 * `trust` both, and sign with the old; `sign` clients' certificates and tokens with the new; `serve` with a certificate of the new; `end` trust in the old.
 */
export const rotationStages = ['trust', 'sign', 'serve', 'end'] as const;
export type RotationStage = (typeof rotationStages)[number];

/** How far a rotation is. */
export interface ObservedRotation {
  /** Null: it has no keys yet, or has forgotten them. */
  readonly stage: RotationStage | null;
  /** The Secrets of the control plane hold what this stage says. */
  readonly applied: boolean;
  /** Every replica was started with them. */
  readonly rolledOut: boolean;
  /** Kubeconfigs, and what new workers and new pods read, name what this stage trusts. */
  readonly published: boolean;
  /** Fingerprint of the new authority; null while there is none. */
  readonly authority: string | null;
  /** Fingerprint of the authority that signs the certificate of the API. */
  readonly serving: string | null;
}
