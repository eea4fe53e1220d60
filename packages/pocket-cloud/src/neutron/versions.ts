import { ok, type Route, route } from '../http/index.ts';

/** Version documents. Source: neutron/pecan_wsgi/controllers/root.py. */
export const versionRoutes: readonly Route[] = [
  route(
    'GET',
    '/',
    (request) =>
      ok({
        versions: [{ id: 'v2.0', status: 'CURRENT', links: [{ rel: 'self', href: `${request.baseUrl}/v2.0/` }] }],
      }),
    'none',
  ),
  route('GET', '/v2.0', (request) =>
    ok({
      resources: ['network', 'subnet', 'port'].map((name) => ({
        name,
        collection: `${name}s`,
        links: [{ rel: 'self', href: `${request.baseUrl}/v2.0/${name}s` }],
      })),
    }),
  ),
];
