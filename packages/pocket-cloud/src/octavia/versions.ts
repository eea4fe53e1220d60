import { type ApiRequest, ok, type Route, route } from '../http/index.ts';

const newestMinor = 26;
const released = '2022-09-01T00:00:00Z';

// Clients read the last entry as the newest version (cloud-provider-openstack, pkg/util/openstack/loadbalancer.go).
const versions = (request: ApiRequest): Record<string, unknown> => ({
  versions: Array.from({ length: newestMinor + 1 }, (_, minor) => ({
    id: `v2.${minor}`,
    status: minor === newestMinor ? 'CURRENT' : 'SUPPORTED',
    updated: released,
    links: [{ href: `${request.baseUrl}/v2`, rel: 'self' }],
  })),
});

export const versionRoutes: readonly Route[] = [
  ...['/', '/v2', '/v2.0'].map((path) => route('GET', path, (request) => ok(versions(request)), 'none')),
  route('GET', '/healthcheck', () => ({ status: 200, text: 'OK' }), 'none'),
];
