import { type Access, type OperationDefinition, type Role, roles } from '@matryoshka/contract';
import { KaasError } from '../errors.ts';

/** Who calls: from a session, bound to one project. */
export interface Caller {
  readonly userId: string;
  readonly userName: string;
  readonly projectId: string;
  readonly projectName: string;
  readonly role: Role;
  /** An administrator of the provider: may do what demands `provider`. */
  readonly isProvider: boolean;
  /** The member (`MemberCreate`) by which an OpenID Connect login is in the project; null for users of OpenStack. */
  readonly memberId: string | null;
  /** The token that a program shows; null for somebody who is logged in. */
  readonly tokenId: string | null;
  /** The clusters that the token is for; null: all of the project. The database shows nothing else. */
  readonly clusterIds: readonly string[] | null;
  readonly projects: readonly { readonly id: string; readonly name: string }[];
  readonly expiresAt: Date;
  readonly requestId: string;
  readonly remoteAddress: string;
}

/** May somebody of this role do what demands `access`? Whatever is not known is refused. */
export function isAllowed(access: Access, role: Role, isProvider = false): boolean {
  if (access === 'public' || access === 'authenticated') return true;
  if (access === 'provider') return isProvider;
  const needed = roles.indexOf(access);
  return needed >= 0 && roles.indexOf(role) >= needed;
}

type Demands = Pick<OperationDefinition, 'access' | 'method' | 'path' | 'sessionOnly' | 'wholeProject'>;

/** Throws `forbidden`. */
export function authorize(operation: Demands, caller: Caller): void {
  const { access } = operation;
  refuseTokens(operation, caller);
  if (isAllowed(access, caller.role, caller.isProvider)) return;
  if (access === 'provider')
    throw new KaasError('forbidden', 'This needs an administrator of the provider.', {
      next: 'Log in to the project of the provider, with the role admin.',
    });
  throw new KaasError('forbidden', `This needs the role ${access}; you are ${caller.role} in ${caller.projectName}.`, {
    next: 'Ask an administrator of the project for a higher role, then log in again.',
  });
}

function refuseTokens({ method, path, sessionOnly, wholeProject }: Demands, { tokenId, clusterIds }: Caller): void {
  if (tokenId !== null && sessionOnly)
    throw new KaasError('forbidden', 'A token for programs may not do this.', { next: 'Log in and do it yourself.' });
  // What it makes outside of its clusters it could not even see.
  const isOutside = wholeProject || (method !== 'GET' && !path.includes('{clusterId}'));
  if (clusterIds !== null && isOutside)
    throw new KaasError('forbidden', `This token is for ${clusterIds.length} clusters only.`, {
      next: 'Use a token for the whole project.',
    });
}
