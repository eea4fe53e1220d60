import type { Cluster } from '@matryoshka/domain';
import type { ClusterSettings } from '../../config.ts';

export interface Credential {
  readonly id: string;
  readonly secret: string;
}

/** Everything that builders of a cluster's objects may look at. */
export interface ManifestInput {
  readonly cluster: Cluster;
  readonly settings: ClusterSettings;
}

export interface CredentialInput extends ManifestInput {
  readonly credential: Credential;
  readonly externalNetworkId: string;
}

export interface CompanionInput extends CredentialInput {
  /** By which it knows the customer's cluster, and itself there. */
  readonly adminKubeconfig: string;
}

/** Names of the volume types that customers may choose; null = the cloud has no block storage. */
export type VolumeTypes = readonly string[] | null;

/** `repository:tag` in its two halves. */
export function splitImage(reference: string): { readonly repository: string; readonly tag: string } {
  const colon = reference.lastIndexOf(':');
  if (colon <= reference.lastIndexOf('/')) throw new Error(`image ${reference} has no tag`);
  return { repository: reference.slice(0, colon), tag: reference.slice(colon + 1) };
}
