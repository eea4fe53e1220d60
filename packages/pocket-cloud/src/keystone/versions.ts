import { type ApiRequest, ok, type Route, route } from '../http/index.ts';

const version = (request: ApiRequest): unknown => ({
  id: 'v3.14',
  status: 'stable',
  updated: '2020-04-07T00:00:00Z',
  links: [{ rel: 'self', href: `${request.baseUrl}/v3/` }],
  'media-types': [{ base: 'application/json', type: 'application/vnd.openstack.identity-v3+json' }],
});

/** Source: keystone/api/discovery.py: 300 at the root, 200 at /v3. */
export const versionRoutes: readonly Route[] = [
  route('GET', '/', (request) => ({ status: 300, body: { versions: { values: [version(request)] } } }), 'none'),
  route('GET', '/v3', (request) => ok({ version: version(request) }), 'none'),
];
