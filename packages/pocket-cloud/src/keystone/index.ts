import type { PocketCloudConfig } from '../config.ts';
import {
  type ApiRequest,
  type Authenticate,
  forbidden,
  keystoneError,
  noContent,
  notFound,
  ok,
  type Route,
  route,
} from '../http/index.ts';
import type { Service } from '../service.ts';
import { microTimestamp, type Store } from '../store/index.ts';
import { applicationCredentialRoutes } from './application-credentials.ts';
import { createToken } from './authenticate.ts';
import { links, listBody } from './bodies.ts';
import { bootstrapIdentity } from './bootstrap.ts';
import { catalogEndpoints, catalogServices, tokenCatalog } from './catalog.ts';
import { hashToken } from './passwords.ts';
import { defaultDomainId, projectRoutes } from './projects.ts';
import { roleRoutes } from './role-routes.ts';
import { projectByName } from './rows.ts';
import { callerOf, findToken, tokenBody, type ValidToken } from './tokens.ts';
import { userRoutes } from './users.ts';
import { versionRoutes } from './versions.ts';

export { migrations } from './migrations.ts';

/** Token lookup for every service, Keystone included. */
export function createAuthenticate(store: Store): Authenticate {
  return (tokenId) => {
    const token = findToken(store, tokenId);
    return token === undefined ? undefined : callerOf(store, tokenId, token);
  };
}

/** The project of the cloud's own objects. Throws before Keystone was started for the first time. */
export function adminProjectId(store: Store): string {
  const project = projectByName(store, defaultDomainId, 'admin');
  if (project === undefined) throw new Error('project admin does not exist yet');
  return project.id;
}

/** Identity API v3: https://docs.openstack.org/api-ref/identity/v3/ */
export function createKeystone(context: { readonly config: PocketCloudConfig; readonly store: Store }): Service {
  const { config, store } = context;
  let timer: NodeJS.Timeout | undefined;
  return {
    name: 'keystone',
    errorBody: keystoneError,
    headers: { vary: 'X-Auth-Token' },
    routes: [
      ...versionRoutes,
      ...tokenRoutes(store, config),
      ...catalogRoutes(config),
      ...projectRoutes(store),
      ...userRoutes(store),
      ...roleRoutes(store),
      ...applicationCredentialRoutes(store),
    ],
    start: async () => {
      await bootstrapIdentity(store, config);
      const sweep = (): void => {
        store.run('delete from token where expires_at <= ?', microTimestamp());
      };
      sweep();
      timer = setInterval(sweep, 10 * 60_000);
    },
    stop: async () => clearInterval(timer),
  };
}

function tokenRoutes(store: Store, config: PocketCloudConfig): readonly Route[] {
  const subject = (request: ApiRequest): { readonly id: string; readonly token: ValidToken } => {
    const id = String(request.headers['x-subject-token'] ?? '');
    const token = findToken(store, id);
    if (token === undefined) throw notFound('Could not find token.');
    const { caller } = request;
    if (!caller.isAdmin && token.user.id !== caller.userId)
      throw forbidden('You are not authorized to perform the requested action: identity:validate_token.');
    return { id, token };
  };
  return [
    route('POST', '/v3/auth/tokens', (request) => createToken(store, config, request), 'none'),
    route(
      'GET',
      '/v3/auth/tokens',
      (request) => {
        const { id, token } = subject(request);
        const body = { token: tokenBody(store, config, token, !request.query.has('nocatalog')) };
        return ok(body, { 'x-subject-token': id, vary: 'X-Auth-Token' });
      },
      'any-token',
    ),
    route(
      'DELETE',
      '/v3/auth/tokens',
      (request) => {
        store.run('delete from token where hash = ?', hashToken(subject(request).id));
        return noContent;
      },
      'any-token',
    ),
    route('GET', '/v3/auth/catalog', (request) =>
      ok({ catalog: tokenCatalog(config, request.caller.projectId), links: links(request, '/v3/auth/catalog') }),
    ),
    route(
      'GET',
      '/v3/auth/system',
      (request) =>
        ok({ system: request.caller.isAdmin ? [{ all: true }] : [], links: links(request, '/v3/auth/system') }),
      'any-token',
    ),
  ];
}

/** The catalogue follows the configuration, so it can be read and not written. */
function catalogRoutes(config: PocketCloudConfig): readonly Route[] {
  const region = (request: ApiRequest): Readonly<Record<string, unknown>> => ({
    id: config.region,
    description: '',
    parent_region_id: null,
    links: links(request, `/v3/regions/${config.region}`),
  });
  const one = (key: string, items: readonly Readonly<Record<string, unknown>>[], id: string | undefined): unknown => {
    const item = items.find((candidate) => candidate.id === id);
    if (item === undefined) throw notFound(`Could not find ${key}: ${id}.`);
    return { [key]: item };
  };
  const endpoints = catalogEndpoints(config).map((endpoint) => ({ ...endpoint }));
  return [
    route(
      'GET',
      '/v3/services',
      (request) => ok(listBody(request, 'services', catalogServices(), ['type', 'name'])),
      'any-token',
    ),
    route(
      'GET',
      '/v3/services/:id',
      (request) => ok(one('service', catalogServices(), request.params.id)),
      'any-token',
    ),
    route(
      'GET',
      '/v3/endpoints',
      (request) => ok(listBody(request, 'endpoints', endpoints, ['service_id', 'interface', 'region_id'])),
      'any-token',
    ),
    route('GET', '/v3/endpoints/:id', (request) => ok(one('endpoint', endpoints, request.params.id)), 'any-token'),
    route('GET', '/v3/regions', (request) => ok(listBody(request, 'regions', [region(request)], [])), 'any-token'),
    route('GET', '/v3/regions/:id', (request) => ok(one('region', [region(request)], request.params.id)), 'any-token'),
  ];
}
