import {
  type Caller,
  hashToken,
  type Identity,
  KaasError,
  newToken,
  type ProveIdentity,
  type TokenKind,
  tokenKind,
} from '@matryoshka/application';
import type { KeystoneLogin, Session } from '@matryoshka/contract';
import { roleFromKeystone } from '@matryoshka/domain';
import {
  deleteSession,
  findSession,
  findTokenByHash,
  inProject,
  insertAuditRecord,
  insertSession,
  type Pool,
  type SecretBox,
  saveProject,
  secretContexts,
  touchToken,
} from '@matryoshka/postgres';

/** Longest life of a session; the Keystone token behind it may end it earlier. */
const longestSessionMs = 12 * 3_600_000;

/** When and from where a request came. */
export interface Circumstances {
  readonly now: Date;
  readonly requestId: string;
  readonly remoteAddress: string;
}

/** Proves who somebody is by Keystone, and begins a session. Throws what `prove` throws, and `no_role`. */
export async function logIn(
  pool: Pool,
  prove: ProveIdentity,
  request: KeystoneLogin,
  circumstances: Circumstances & { readonly provider: ProviderProject; readonly secretBox: SecretBox },
  signal: AbortSignal,
): Promise<Session> {
  const { provider, secretBox, now } = circumstances;
  const identity = await prove(request, signal);
  const role = roleFromKeystone(identity.roles);
  if (role === undefined)
    throw new KaasError(
      'no_role',
      `Your roles in ${identity.project.name} (${identity.roles.join(', ') || 'none'}) allow nothing here.`,
      {
        next: 'Ask the provider of this cloud for the role member or reader.',
      },
    );
  const { user, project, projects, proof } = identity;
  return await beginSession(
    pool,
    {
      ...{ user, project, projects, role, memberId: null },
      isProvider: isProviderAdmin(identity, provider),
      expiresAt: new Date(Math.min(identity.expiresAt.getTime(), now.getTime() + longestSessionMs)),
      seal: async (context) => await secretBox.seal(proof, context),
      about: { method: request.method, role },
    },
    circumstances,
  );
}

/** Somebody who has proved who they are, and what that gives them. */
export interface Proven extends Pick<Identity, 'user' | 'project' | 'projects'> {
  readonly role: Caller['role'];
  readonly isProvider: boolean;
  readonly expiresAt: Date;
  /** See {@link Caller}. */
  readonly memberId: string | null;
  /** By what the identity service is asked again later, sealed for this context; null: it is not. */
  readonly seal: (context: string) => Promise<Buffer | null>;
  /** For the audit log. */
  readonly about: Readonly<Record<string, unknown>>;
}

/** Begins a session, in one transaction with its audit record. */
export async function beginSession(pool: Pool, proven: Proven, circumstances: Circumstances): Promise<Session> {
  const { user, project, projects, role, isProvider, expiresAt, memberId, seal, about } = proven;
  const { requestId, remoteAddress } = circumstances;
  const token = newToken();
  const hash = hashToken(token);
  const who = { projectId: project.id, userId: user.id, userName: user.name };
  await inProject(pool, { projectId: project.id, clusterIds: null }, async (tx) => {
    await saveProject(tx, project);
    const stored = { ...who, projectName: project.name, projects, role, isProvider, expiresAt, memberId };
    await insertSession(tx, hash, stored, await seal(secretContexts.proof(hash)));
    const record = { ...who, requestId, remoteAddress, action: 'auth.login', resource: user.id };
    await insertAuditRecord(tx, { ...record, after: about });
  });
  return {
    token,
    user: { ...user },
    project: { id: project.id, name: project.name },
    role,
    provider: isProvider,
    expiresAt: expiresAt.toISOString(),
    projects: projects.map(({ id, name }) => ({ id, name })),
  };
}

/** The project whose administrators administer the service itself, as Keystone names it. */
export interface ProviderProject {
  readonly name: string;
  readonly domainId: string;
}

/** Keystone's role `admin`, in exactly that project: a project of the same name in a customer's domain is another one. */
export function isProviderAdmin(
  { project, roles }: Pick<Identity, 'project' | 'roles'>,
  provider: ProviderProject,
): boolean {
  return (
    project.name === provider.name &&
    project.domainId === provider.domainId &&
    roles.some((role) => role.toLowerCase() === 'admin')
  );
}

const next = 'Log in: kaas login, or POST /v1/auth/login.';

function tokenOf(authorization: string | undefined): { readonly kind: TokenKind; readonly hash: Buffer } {
  const match = /^Bearer ([^\s]+)$/i.exec(authorization ?? '');
  const token = match?.[1];
  if (token === undefined)
    throw new KaasError('unauthenticated', 'The request carries no token (Authorization: Bearer …).', { next });
  const kind = tokenKind(token);
  if (kind === undefined) throw new KaasError('unauthenticated', 'The token is not one of this service.', { next });
  return { kind, hash: hashToken(token) };
}

/** Who sends this request. Throws `unauthenticated` or `token_expired`. */
export async function authenticate(
  pool: Pool,
  authorization: string | undefined,
  request: Circumstances,
): Promise<Caller> {
  const { kind, hash } = tokenOf(authorization);
  const found = kind === 'session' ? await sessionIdentity(pool, hash) : await tokenIdentity(pool, hash, request.now);
  if (found === undefined) throw new KaasError('unauthenticated', 'The token is not valid any more.', { next });
  if (found.expiresAt <= request.now)
    throw new KaasError('token_expired', `The token expired at ${found.expiresAt.toISOString()}.`, { next });
  return { ...found, requestId: request.requestId, remoteAddress: request.remoteAddress };
}

type Found = Omit<Caller, 'requestId' | 'remoteAddress'>;

async function sessionIdentity(pool: Pool, hash: Buffer): Promise<Found | undefined> {
  const session = await findSession(pool, hash);
  return session === undefined ? undefined : { ...session, tokenId: null, clusterIds: null };
}

const touchEveryMs = 60_000;

async function tokenIdentity(pool: Pool, hash: Buffer, now: Date): Promise<Found | undefined> {
  const token = await findTokenByHash(pool, hash);
  if (token === undefined || token.revokedAt !== null) return undefined;
  const { id, projectId, projectName, userId, userName, role, clusterIds, expiresAt, lastUsedAt } = token;
  const isStale = lastUsedAt === null || now.getTime() - lastUsedAt.getTime() > touchEveryMs;
  if (isStale && expiresAt > now) await touchToken(pool, hash);
  const projects = [{ id: projectId, name: projectName }];
  return {
    projectId,
    projectName,
    projects,
    userId,
    userName,
    role,
    isProvider: false,
    memberId: null,
    tokenId: id,
    clusterIds,
    expiresAt,
  };
}

export async function logOut(pool: Pool, caller: Caller, authorization: string | undefined): Promise<void> {
  const { projectId, userId, userName, requestId, remoteAddress } = caller;
  await inProject(pool, caller, async (tx) => {
    await deleteSession(tx, tokenOf(authorization).hash);
    const who = { projectId, userId, userName, requestId, remoteAddress };
    await insertAuditRecord(tx, { ...who, action: 'auth.logout', resource: userId });
  });
}
