import type { Caller } from '../access/authorize.ts';

/** How long a credential for a cluster is good; also the longest time until somebody who lost their role is out. */
export const credentialLifeMs = 15 * 60_000;

/** What a credential says; the AuthenticationConfiguration of every control plane reads exactly this. */
export interface CredentialClaims {
  readonly sub: string;
  /** The cluster it is for. */
  readonly aud: string;
  readonly name: string;
  readonly role: Caller['role'];
  readonly epoch: number;
}

/** Prefix of users and groups in a cluster that come from the service, so that nobody else can be taken for them. */
const prefix = 'kaas:';

/** The claims of a credential for `caller`, with the name and groups that the cluster derives from them. */
export function credentialClaims(
  { userId, userName, role }: Pick<Caller, 'userId' | 'userName' | 'role'>,
  cluster: { readonly id: string; readonly accessEpoch: number },
): { readonly claims: CredentialClaims; readonly username: string; readonly groups: readonly string[] } {
  return {
    claims: { sub: userId, aud: cluster.id, name: userName, role, epoch: cluster.accessEpoch },
    username: `${prefix}${userId}`,
    groups: [`${prefix}${role}`],
  };
}
