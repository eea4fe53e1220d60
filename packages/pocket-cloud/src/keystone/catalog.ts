import { createHash } from 'node:crypto';
import { type PocketCloudConfig, type ServiceName, serviceUrl } from '../config.ts';

interface CatalogService {
  readonly name: ServiceName;
  readonly type: string;
  readonly path: string;
}

/** What stands for the token's project in an endpoint. Source: keystone/catalog/core.py, format_url. */
const projectPlaceholder = '%(project_id)s';

/** In the order of `openstack catalog list`. Paths are those of a usual deployment: clients append the rest themselves. */
const services: readonly CatalogService[] = [
  { name: 'keystone', type: 'identity', path: '/v3' },
  { name: 'nova', type: 'compute', path: '/v2.1' },
  { name: 'neutron', type: 'network', path: '' },
  { name: 'glance', type: 'image', path: '' },
  { name: 'octavia', type: 'load-balancer', path: '' },
  { name: 'cinder', type: 'volumev3', path: `/v3/${projectPlaceholder}` },
  { name: 'placement', type: 'placement', path: '' },
];

/** Ids are derived, so that they are the same after a purge. */
const derivedId = (...parts: readonly string[]): string =>
  createHash('sha256').update(parts.join('/')).digest('hex').slice(0, 32);

export function catalogServices(): readonly Readonly<Record<string, unknown>>[] {
  return services.map(({ name, type }) => ({
    id: derivedId('service', name),
    name,
    type,
    enabled: true,
    description: '',
  }));
}

export interface Endpoint {
  readonly id: string;
  readonly interface: 'public' | 'internal' | 'admin';
  readonly region: string;
  readonly region_id: string;
  readonly url: string;
  readonly service_id: string;
  readonly enabled: boolean;
}

export function catalogEndpoints(config: PocketCloudConfig): readonly Endpoint[] {
  return services.flatMap(({ name, path }) =>
    (['public', 'internal', 'admin'] as const).map((kind) => ({
      id: derivedId('endpoint', name, kind),
      interface: kind,
      region: config.region,
      region_id: config.region,
      url: `${serviceUrl(config, name)}${path}`,
      service_id: derivedId('service', name),
      enabled: true,
    })),
  );
}

/** The catalogue as it stands in a token; without a project it lacks the endpoints that are a project's. */
export function tokenCatalog(config: PocketCloudConfig, projectId: string | undefined): readonly unknown[] {
  const endpoints = catalogEndpoints(config);
  return services.map(({ name, type }) => ({
    id: derivedId('service', name),
    name,
    type,
    endpoints: endpoints
      .filter((endpoint) => endpoint.service_id === derivedId('service', name))
      .filter((endpoint) => projectId !== undefined || !endpoint.url.includes(projectPlaceholder))
      .map(({ service_id: _service, enabled: _enabled, url, ...rest }) => ({
        ...rest,
        url: url.replace(projectPlaceholder, projectId ?? ''),
      })),
  }));
}
