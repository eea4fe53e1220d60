import {
  type CheckIdentity,
  chooseProject,
  type Identity,
  KaasError,
  type NamedProject,
  type ProveIdentity,
  unknownProject,
} from '@matryoshka/application';
import type { KeystoneLogin } from '@matryoshka/contract';
import {
  type AuthenticatedToken,
  type Credentials,
  createSession,
  inspectToken,
  isOpenStackError,
  keystone,
} from '@matryoshka/openstack';

// One attempt and a short wait: somebody sits in front of it, and a Keystone that is busy is not helped by repeats.
const patience = { timeoutMs: 15_000, retries: 0 } as const;

/** Proves logins with a Keystone at `authUrl` (`…/v3`), and looks later whether they still hold. */
export function keystoneIdentity(authUrl: string): { readonly prove: ProveIdentity; readonly check: CheckIdentity } {
  return {
    prove: prover(authUrl),
    check: async (proof, signal) => {
      try {
        const info = await inspectToken(authUrl, proof, { timeoutMs: patience.timeoutMs, signal });
        return info?.project === undefined ? undefined : { project: projectOf(info.project), roles: rolesOf(info) };
      } catch (error) {
        throw unavailable(error);
      }
    },
  };
}

function prover(authUrl: string): ProveIdentity {
  const login = async (credentials: Credentials, signal: AbortSignal): Promise<AuthenticatedToken> =>
    await asProblem(async () => {
      const token = await createSession({ authUrl, credentials, ...patience }).token(signal);
      // What answers at this address may be anything.
      if (typeof token.info?.user?.id !== 'string') throw new Error('the answer to the login has no user');
      return token;
    });
  return async (request, signal) => {
    if (request.method === 'application-credential') {
      const token = await login({ method: 'application_credential', id: request.id, secret: request.secret }, signal);
      return identityOf(token, token.info.project === undefined ? [] : [token.info.project]);
    }
    const first = await login(unscoped(request), signal);
    const session = createSession({ authUrl, credentials: tokenOf(first.id), ...patience });
    const projects = await asProblem(async () => await keystone(session).listOwnProjects(signal));
    const scoped = async (project: ProjectScope): Promise<Identity> => {
      return identityOf(await login({ ...tokenOf(first.id), scope: { project } }, signal), projects);
    };
    const { project, projectDomain } = request;
    const isId = projects.some((candidate) => candidate.id === project);
    if (project === undefined || projectDomain === undefined || isId)
      return await scoped({ id: chooseProject(projects, project).id });
    try {
      // Only Keystone knows domains by name: the list of projects has their ids.
      return await scoped({ name: project, domain: { name: projectDomain } });
    } catch (error) {
      if (!(error instanceof KaasError && error.code === 'login_failed')) throw error;
      throw unknownProject(projects, project, `You have no project ${project} in the domain ${projectDomain}`);
    }
  };
}

type ProjectScope = { readonly id: string } | { readonly name: string; readonly domain: { readonly name: string } };

const tokenOf = (token: string) => ({ method: 'token', token, scope: 'unscoped' }) as const;

function unscoped(request: Exclude<KeystoneLogin, { method: 'application-credential' }>): Credentials {
  if (request.method === 'token') return tokenOf(request.token);
  const domain = { name: request.userDomain ?? 'Default' };
  return { method: 'password', user: { name: request.user, domain }, password: request.password, scope: 'unscoped' };
}

type Info = AuthenticatedToken['info'];

const rolesOf = ({ roles = [] }: Info): readonly string[] => roles.map((role) => role.name);

function projectOf({ id, name, domain }: NonNullable<Info['project']>): Identity['project'] {
  return { id, name, ...(domain?.id === undefined ? {} : { domainId: domain.id }) };
}

function identityOf({ id, info }: AuthenticatedToken, projects: readonly NamedProject[]): Identity {
  if (info.project === undefined)
    throw new KaasError('project_required', 'These credentials belong to no project.', {
      next: 'Use credentials of a project.',
    });
  return {
    user: { id: info.user.id, name: info.user.name },
    project: projectOf(info.project),
    roles: rolesOf(info),
    projects: projects.map(({ id, name }) => ({ id, name })),
    expiresAt: new Date(info.expires_at),
    proof: id,
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
    // Whatever else it is (no answer, an error of its own, an answer that is no JSON, our patience): the caller cannot help it.
    throw unavailable(error);
  }
}

function unavailable(cause: unknown): KaasError {
  return new KaasError('identity_unavailable', 'The identity service (Keystone) does not answer properly.', { cause });
}
