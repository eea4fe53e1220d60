import type { FastifyRequest } from 'fastify';
import { ApiError, type ApiRequest, ok, type Route, route } from '../http/index.ts';

/** The newest of Zed. Source: cinder/api/openstack/api_version_request.py. */
export const maxMinor = 70;

/** Minor number of the microversion that the request speaks; 0 without a header. */
export function minorVersion(request: Pick<ApiRequest, 'headers'>): number {
  const text = /volume\s+(?:3\.(\d+)|(latest))/.exec(String(request.headers['openstack-api-version'] ?? ''));
  if (text === null) return 0;
  return text[2] === undefined ? Number(text[1]) : maxMinor;
}

/** The answer names the version it was made with; 406 beyond the range. */
export function microversionHeaders(request: FastifyRequest): Readonly<Record<string, string>> {
  const minor = minorVersion({ headers: request.headers });
  if (minor > maxMinor)
    throw new ApiError(
      406,
      `Version 3.${minor} is not supported by the API. Minimum is 3.0 and maximum is 3.${maxMinor}.`,
    );
  return { 'openstack-api-version': `volume 3.${minor}`, vary: 'OpenStack-API-Version' };
}

const versions = (request: ApiRequest): unknown => ({
  versions: [
    {
      id: 'v3.0',
      status: 'CURRENT',
      version: `3.${maxMinor}`,
      min_version: '3.0',
      updated: '2022-08-31T00:00:00Z',
      links: [{ rel: 'self', href: `${request.baseUrl}/v3/` }],
      'media-types': [{ base: 'application/json', type: 'application/vnd.openstack.volume+json;version=3' }],
    },
  ],
});

export const versionRoutes: readonly Route[] = [
  route('GET', '/', (request) => ({ status: 300, body: versions(request) }), 'none'),
  route('GET', '/v3', (request) => ok(versions(request)), 'none'),
];
