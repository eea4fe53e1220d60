import type { FastifyRequest } from 'fastify';
import { ApiError, type ApiRequest, htmlError, novaError, ok, type Route, route } from '../http/index.ts';
import type { Service, ServiceContext } from '../service.ts';
import { flavorRoutes, hostRoutes, keypairRoutes, serverGroupRoutes } from './catalogue-routes.ts';
import { createServerController } from './controller.ts';
import type { ServerNetworking } from './networking.ts';
import { quotaRoutes } from './quotas.ts';
import { serverRoutes } from './servers.ts';
import { maxMinor, minorVersion } from './views.ts';
import type { ServerVolumes } from './volumes.ts';

export { migrations } from './migrations.ts';
export type { PortRequest, ServerNetworking, ServerPort } from './networking.ts';
export { type ServerRow, serverById } from './rows.ts';
export type { AttachRequest, NewVolume, ServerVolume, ServerVolumes } from './volumes.ts';

/** Compute API 2.1 with microversions: https://docs.openstack.org/api-ref/compute/ */
export function createNova(context: ServiceContext, networking: ServerNetworking, volumes: ServerVolumes): Service {
  const { store } = context;
  const controller = createServerController(context, networking, volumes);
  return {
    name: 'nova',
    errorBody: novaError,
    headers: { vary: 'OpenStack-API-Version, X-OpenStack-Nova-API-Version' },
    requestIdHeaders: ['x-openstack-request-id', 'x-compute-request-id'],
    unknownPath: htmlError,
    extraHeaders: microversionHeaders,
    routes: [
      ...versionRoutes,
      ...serverRoutes({ store, networking, volumes, controller }),
      ...flavorRoutes(store),
      ...keypairRoutes(store),
      ...serverGroupRoutes(store),
      ...quotaRoutes(store),
      ...hostRoutes(store),
    ],
    start: controller.start,
    stop: controller.stop,
  };
}

/** Source: nova/api/openstack/wsgi.py: the answer names the version it was made with; 406 beyond the range. */
function microversionHeaders(request: FastifyRequest): Readonly<Record<string, string>> {
  const minor = minorVersion({ headers: request.headers });
  if (minor === -1)
    throw new ApiError(
      400,
      `API Version String ${String(request.headers['openstack-api-version'] ?? request.headers['x-openstack-nova-api-version']).replace(/^compute /, '')} is of invalid format. Must be of format MajorNum.MinorNum.`,
    );
  if (minor < 1 || minor > maxMinor)
    throw new ApiError(
      406,
      `Version ${String(request.headers['x-openstack-nova-api-version'] ?? request.headers['openstack-api-version'])} is not supported by the API. Minimum is 2.1 and maximum is 2.${maxMinor}.`,
    );
  return {
    'x-openstack-nova-api-version': `2.${minor}`,
    'openstack-api-version': `compute 2.${minor}`,
  };
}

const version = (request: ApiRequest): Record<string, unknown> => ({
  id: 'v2.1',
  status: 'CURRENT',
  version: `2.${maxMinor}`,
  min_version: '2.1',
  updated: '2013-07-23T11:33:21Z',
  links: [{ rel: 'self', href: `${request.baseUrl}/v2.1/` }],
});

const versionRoutes: readonly Route[] = [
  route('GET', '/', (request) => ok({ versions: [version(request)] }), 'none'),
  route(
    'GET',
    '/v2.1',
    (request) =>
      ok({
        version: {
          ...version(request),
          'media-types': [{ base: 'application/json', type: 'application/vnd.openstack.compute+json;version=2.1' }],
        },
      }),
    'none',
  ),
];
