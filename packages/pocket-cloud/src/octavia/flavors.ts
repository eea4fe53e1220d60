import { badRequest, listPage, notFound, ok, type Route, route, selectFields } from '../http/index.ts';

export type Topology = 'SINGLE' | 'ACTIVE_STANDBY';

export interface Flavor {
  readonly id: string;
  readonly name: string;
  readonly description: string;
  readonly topology: Topology;
}

/** What a provider sells. The first is what a request without a flavor gets (`loadbalancer_topology` of a cloud that cares). */
const flavors: readonly [Flavor, ...Flavor[]] = [
  {
    id: '2a0f7c1e-6a3c-4d0e-9c1b-0b7a0d5e2f01',
    name: 'active-standby',
    description: 'two nodes, of which one has the address (VRRP)',
    topology: 'ACTIVE_STANDBY',
  },
  {
    id: '2a0f7c1e-6a3c-4d0e-9c1b-0b7a0d5e2f02',
    name: 'single',
    description: 'one node',
    topology: 'SINGLE',
  },
];
const profileId = '2a0f7c1e-6a3c-4d0e-9c1b-0b7a0d5e2f00';

/** The flavor of that id, or the default. 400 when there is none. Source: octavia/api/v2/controllers/load_balancer.py, _validate_flavor. */
export function flavorFor(id: unknown): Flavor {
  if (id === null || id === undefined) return flavors[0];
  const found = flavors.find((flavor) => flavor.id === id);
  if (found === undefined) throw badRequest(`Validation failure: Invalid flavor_id: ${String(id)}.`);
  return found;
}

const show = ({ id, name, description }: Flavor) => ({
  id,
  name,
  description,
  enabled: true,
  flavor_profile_id: profileId,
});

/** Source: Load Balancer API v2, "Flavors". */
export function flavorRoutes(base: string): readonly Route[] {
  return [
    route('GET', `${base}/flavors`, (request) => {
      const page = listPage(request, flavors, { idOf: ({ id }) => id, filters: { name: ({ name }) => name } });
      return ok({ flavors: page.items.map((flavor) => selectFields(request.query, show(flavor))) });
    }),
    route('GET', `${base}/flavors/:id`, (request) => {
      const found = flavors.find(({ id }) => id === request.params.id);
      if (found === undefined) throw notFound(`Flavor ${request.params.id} not found.`);
      return ok({ flavor: show(found) });
    }),
  ];
}
