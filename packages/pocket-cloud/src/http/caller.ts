/** Who sent a request, from its token. */
export interface Caller {
  readonly tokenId: string;
  readonly userId: string;
  readonly userName: string;
  /** Id of the token's project; empty string for unscoped and domain tokens (such callers reach only `any-token` routes). */
  readonly projectId: string;
  readonly projectName: string;
  readonly domainId: string | undefined;
  readonly roles: readonly string[];
  /** Has role `admin`: sees every project's objects. */
  readonly isAdmin: boolean;
  /** Set when the token came from an application credential. */
  readonly applicationCredentialId: string | undefined;
}

/** The token's caller, or undefined when the token is unknown, expired or revoked. */
export type Authenticate = (tokenId: string) => Caller | undefined;

/** Whether the caller may see an object of that project: its own, or any for an admin. A caller who may not must get 404. */
export function canSee(caller: Caller, projectId: string): boolean {
  return caller.isAdmin || caller.projectId === projectId;
}
