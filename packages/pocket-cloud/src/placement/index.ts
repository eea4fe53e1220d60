import { ok, placementError, type Route, route } from '../http/index.ts';
import type { Service } from '../service.ts';

/** Only what `openstack resource provider list` asks: there is one host and Nova keeps the books itself. */
export function createPlacement(): Service {
  const routes: readonly Route[] = [
    route(
      'GET',
      '/',
      (request) =>
        ok({
          versions: [
            {
              id: 'v1.0',
              max_version: '1.39',
              min_version: '1.0',
              status: 'CURRENT',
              links: [{ rel: 'self', href: `${request.baseUrl}/` }],
            },
          ],
        }),
      'none',
    ),
    route(
      'GET',
      '/resource_providers',
      () =>
        ok({
          resource_providers: [
            {
              uuid: '4c1e9b6a-0000-4000-8000-000000000001',
              name: 'pocket',
              generation: 1,
              parent_provider_uuid: null,
              root_provider_uuid: '4c1e9b6a-0000-4000-8000-000000000001',
              links: [],
            },
          ],
        }),
      'admin',
    ),
  ];
  return { name: 'placement', errorBody: placementError, routes };
}
