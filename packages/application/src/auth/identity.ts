import type { KeystoneLogin } from '@matryoshka/contract';

/** What the identity service says about somebody who proved who they are. */
export interface Identity {
  readonly user: { readonly id: string; readonly name: string };
  readonly project: { readonly id: string; readonly name: string; readonly domainId?: string };
  /** Names of the roles in that project. */
  readonly roles: readonly string[];
  /** All projects the user could choose. */
  readonly projects: readonly { readonly id: string; readonly name: string }[];
  readonly expiresAt: Date;
  /** By which the identity service can be asked again whether all this still holds. */
  readonly proof: string;
}

/** What became of a login. Throws KaasError `identity_unavailable`. */
export type CheckIdentity = (proof: string, signal: AbortSignal) => Promise<StillValid | undefined>;

/** The project and the roles that a proof stands for now. */
export interface StillValid {
  readonly project: Identity['project'];
  readonly roles: readonly string[];
}

/** Proves a login. Throws KaasError `login_failed`, `project_required` or `identity_unavailable`. */
export type ProveIdentity = (request: KeystoneLogin, signal: AbortSignal) => Promise<Identity>;
