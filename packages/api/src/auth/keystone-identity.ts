import { type Identity, KaasError, type ProveIdentity } from '@matryoshka/application';
import type { LoginRequest } from '@matryoshka/contract';
import { nearest } from '@matryoshka/domain';
import {
  type AuthenticatedToken,
  type Credentials,
  createSession,
  isOpenStackError,
  keystone,
} from '@matryoshka/openstack';

/** Proves logins with a Keystone at `authUrl` (`…/v3`). Keeps neither password nor token. */
export function keystoneIdentity(authUrl: string): ProveIdentity {
  const login = async (credentials: Credentials, signal: AbortSignal): Promise<AuthenticatedToken> =>
    await asProblem(async () => await createSession({ authUrl, credentials, timeoutMs: 15_000 }).token(signal));
  return async (request, signal) => {
    if (request.method === 'application-credential') {
      const { info } = await login(
        { method: 'application_credential', id: request.id, secret: request.secret },
        signal,
      );
      return identityOf(info, info.project === undefined ? [] : [info.project]);
    }
    const first = await login(unscoped(request), signal);
    const session = createSession({ authUrl, credentials: tokenOf(first.id), timeoutMs: 15_000 });
    const projects = await asProblem(async () => await keystone(session).listOwnProjects(signal));
    const project = choose(projects, request.project);
    const { info } = await login({ ...tokenOf(first.id), scope: { project: { id: project.id } } }, signal);
    return identityOf(info, projects);
  };
}

const tokenOf = (token: string) => ({ method: 'token', token, scope: 'unscoped' }) as const;

function unscoped(request: Exclude<LoginRequest, { method: 'application-credential' }>): Credentials {
  if (request.method === 'token') return tokenOf(request.token);
  const domain = { name: request.userDomain ?? 'Default' };
  return { method: 'password', user: { name: request.user, domain }, password: request.password, scope: 'unscoped' };
}

interface Named {
  readonly id: string;
  readonly name: string;
}

function choose(projects: readonly Named[], wanted: string | undefined): Named {
  const names = projects.map((project) => project.name);
  const [only] = projects;
  if (wanted === undefined && projects.length === 1 && only !== undefined) return only;
  const byId = projects.find((project) => project.id === wanted);
  const byName = projects.filter((project) => project.name === wanted);
  const found = byId ?? (byName.length === 1 ? byName[0] : undefined);
  if (found !== undefined) return found;
  if (projects.length === 0)
    throw new KaasError('no_role', 'You have no role in any project.', {
      next: 'Ask the provider of this cloud for a role in a project.',
    });
  const suggestion = wanted === undefined ? undefined : nearest(wanted, names);
  throw new KaasError(
    'project_required',
    wanted === undefined
      ? `You have ${projects.length} projects: ${names.join(', ')}.`
      : byName.length > 1
        ? `Several of your projects are named ${wanted}.`
        : `You have no project ${wanted}; yours are ${names.join(', ')}.`,
    {
      next: 'Log in again with the name or id of one project.',
      violations: [
        {
          pointer: '/project',
          code: wanted === undefined ? 'required' : 'unknown_project',
          message: `must be one of ${names.join(', ')}`,
          ...(suggestion === undefined ? {} : { suggestion }),
        },
      ],
    },
  );
}

function identityOf(info: AuthenticatedToken['info'], projects: readonly Named[]): Identity {
  if (info.project === undefined)
    throw new KaasError('project_required', 'These credentials belong to no project.', {
      next: 'Use credentials of a project.',
    });
  return {
    user: { id: info.user.id, name: info.user.name },
    project: { id: info.project.id, name: info.project.name },
    roles: (info.roles ?? []).map((role) => role.name),
    projects: projects.map(({ id, name }) => ({ id, name })),
    expiresAt: new Date(info.expires_at),
  };
}

async function asProblem<T>(work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    if (isOpenStackError(error, 401, 403, 404, 400))
      throw new KaasError('login_failed', 'The identity service refused these credentials.', {
        next: 'Check user, domain, password and project.',
        cause: error,
      });
    if (isOpenStackError(error))
      throw new KaasError('identity_unavailable', 'The identity service (Keystone) does not answer properly.', {
        cause: error,
      });
    throw error;
  }
}
