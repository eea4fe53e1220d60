import { type Resource, resource } from '../transport/resource.ts';
import type { Session, TokenInfo } from '../transport/session.ts';
import type { ApplicationCredential, Domain, Project, Role, RoleAssignment, User } from './types.ts';

export interface CreateProject {
  readonly name: string;
  readonly domain_id?: string;
  readonly description?: string;
  readonly enabled?: boolean;
  readonly tags?: readonly string[];
}

export interface CreateUser {
  readonly name: string;
  readonly domain_id?: string;
  readonly password?: string;
  readonly enabled?: boolean;
  readonly default_project_id?: string;
}

export interface CreateApplicationCredential {
  readonly name: string;
  /** The secret; Keystone makes one when absent and shows it only in the answer. */
  readonly secret?: string;
  readonly description?: string;
  readonly roles?: readonly ({ readonly id: string } | { readonly name: string })[];
  readonly expires_at?: string;
  /** May it make other application credentials? Default false. */
  readonly unrestricted?: boolean;
}

/** Keystone v3: who may do what. */
export interface Keystone {
  readonly projects: Resource<Project, CreateProject, Partial<CreateProject>>;
  readonly users: Resource<User, CreateUser, Partial<CreateUser>>;
  readonly roles: Resource<Role, { readonly name: string }, { readonly name: string }>;
  readonly domains: Resource<Domain, { readonly name: string }, { readonly name?: string; readonly enabled?: boolean }>;
  /** What the session's own token may do. Needs the admin role only for tokens of others. Throws OpenStackError 404 for an unknown or ended token. */
  validateToken(token: string, signal?: AbortSignal): Promise<TokenInfo>;
  /** Ends a token. */
  revokeToken(token: string, signal?: AbortSignal): Promise<void>;
  /** The projects the session's token could be scoped to. */
  listOwnProjects(signal?: AbortSignal): Promise<readonly Project[]>;
  listRoleAssignments(
    query: { readonly userId?: string; readonly projectId?: string; readonly effective?: boolean },
    signal?: AbortSignal,
  ): Promise<readonly RoleAssignment[]>;
  /** Gives a user a role in a project; doing it twice is fine. */
  grantProjectRole(projectId: string, userId: string, roleId: string, signal?: AbortSignal): Promise<void>;
  revokeProjectRole(projectId: string, userId: string, roleId: string, signal?: AbortSignal): Promise<void>;
  /**
   * Application credentials of one user. Keystone lets only the user itself make them, for the project its token is scoped to
   * (API reference, "Application Credentials"), so use a session of that user.
   */
  applicationCredentials(
    userId: string,
  ): Resource<ApplicationCredential & { readonly secret?: string }, CreateApplicationCredential, never>;
}

export function keystone(session: Session): Keystone {
  const identity = <T, Create, Update>(path: string, singular: string, plural: string) =>
    resource<T, Create, Update>(session, { service: 'identity', path, singular, plural, updateMethod: 'PATCH' });
  const grantPath = (projectId: string, userId: string, roleId: string): string =>
    `/projects/${encodeURIComponent(projectId)}/users/${encodeURIComponent(userId)}/roles/${encodeURIComponent(roleId)}`;
  const projects = identity<Project, CreateProject, Partial<CreateProject>>('/projects', 'project', 'projects');
  return {
    projects,
    users: identity('/users', 'user', 'users'),
    roles: identity('/roles', 'role', 'roles'),
    domains: identity('/domains', 'domain', 'domains'),
    validateToken: async (token, signal) => {
      const response = await session.call('identity', 'GET', '/auth/tokens', {
        headers: { 'x-subject-token': token },
        signal,
      });
      return (JSON.parse(response.text) as { token: TokenInfo }).token;
    },
    revokeToken: async (token, signal) => {
      await session.call('identity', 'DELETE', '/auth/tokens', {
        headers: { 'x-subject-token': token },
        signal,
      });
    },
    listOwnProjects: async (signal) =>
      await identity<Project, never, never>('/auth/projects', 'project', 'projects').list({}, signal),
    listRoleAssignments: async (query, signal) =>
      await identity<RoleAssignment, never, never>('/role_assignments', 'role_assignment', 'role_assignments').list(
        {
          'user.id': query.userId,
          'scope.project.id': query.projectId,
          ...(query.effective === true ? { effective: true } : {}),
          include_names: true,
        },
        signal,
      ),
    grantProjectRole: async (projectId, userId, roleId, signal) => {
      await session.call('identity', 'PUT', grantPath(projectId, userId, roleId), { signal });
    },
    revokeProjectRole: async (projectId, userId, roleId, signal) => {
      await session.call('identity', 'DELETE', grantPath(projectId, userId, roleId), { signal });
    },
    applicationCredentials: (userId) =>
      identity(
        `/users/${encodeURIComponent(userId)}/application_credentials`,
        'application_credential',
        'application_credentials',
      ),
  };
}
