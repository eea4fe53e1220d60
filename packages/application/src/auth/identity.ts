import type { LoginRequest } from '@matryoshka/contract';

/** What the identity service says about somebody who proved who they are. */
export interface Identity {
  readonly user: { readonly id: string; readonly name: string };
  readonly project: { readonly id: string; readonly name: string; readonly domainId?: string };
  /** Names of the roles in that project. */
  readonly roles: readonly string[];
  /** All projects the user could choose. */
  readonly projects: readonly { readonly id: string; readonly name: string }[];
  readonly expiresAt: Date;
}

/** Proves a login. Throws KaasError `login_failed`, `project_required` or `identity_unavailable`. */
export type ProveIdentity = (request: LoginRequest, signal: AbortSignal) => Promise<Identity>;
