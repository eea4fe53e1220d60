import { statfs } from 'node:fs/promises';
import { ApiError, notFound, ok, type Route } from '../http/index.ts';
import type { ServiceContext } from '../service.ts';
import { timestamp } from '../store/index.ts';
import { bothPaths } from './paths.ts';

const gib = 1024 ** 3;
const host = 'pocket@files';

/** What Cinder tells of where volumes lie, and the extensions that this cloud has nothing of. */
export function hostRoutes({ paths }: ServiceContext): readonly Route[] {
  const service = (binary: string, name: string) => ({
    binary,
    host: name,
    zone: 'nova',
    status: 'enabled',
    state: 'up',
    updated_at: timestamp().replace('Z', '.000000'),
    disabled_reason: null,
  });
  return [
    ...bothPaths('GET', '/os-availability-zone', () =>
      ok({ availabilityZoneInfo: [{ zoneName: 'nova', zoneState: { available: true } }] }),
    ),
    ...bothPaths(
      'GET',
      '/os-services',
      () => ok({ services: [service('cinder-scheduler', 'pocket'), service('cinder-volume', host)] }),
      'admin',
    ),
    ...bothPaths(
      'GET',
      '/scheduler-stats/get_pools',
      async () => {
        const disk = await statfs(paths.volumes);
        const capabilities = {
          volume_backend_name: 'files',
          storage_protocol: 'file',
          driver_version: '1.0',
          total_capacity_gb: Math.round((disk.blocks * disk.bsize) / gib),
          free_capacity_gb: Math.round((disk.bavail * disk.bsize) / gib),
          thin_provisioning_support: true,
          multiattach: true,
          QoS_support: false,
        };
        return ok({ pools: [{ name: `${host}#files`, capabilities }] });
      },
      'admin',
    ),
    ...bothPaths('GET', '/extensions', () => ok({ extensions: [] })),
    ...bothPaths('GET', '/resource_filters', () => ok({ resource_filters: [] })),
    ...bothPaths('GET', '/messages', () => ok({ messages: [] })),
    ...['/backups', '/backups/detail'].flatMap((path) => bothPaths('GET', path, () => ok({ backups: [] }))),
    ...bothPaths('GET', '/backups/:id', (request) => {
      throw notFound(`Backup ${request.params.id} could not be found.`);
    }),
    ...bothPaths('POST', '/backups', () => {
      throw new ApiError(503, 'Service cinder-backup could not be found.');
    }),
    ...['/group_types', '/groups', '/groups/detail'].flatMap((path) =>
      bothPaths('GET', path, () => ok({ [path.includes('types') ? 'group_types' : 'groups']: [] })),
    ),
    ...bothPaths('GET', '/qos-specs', () => ok({ qos_specs: [] })),
    ...['/os-volume-transfer', '/os-volume-transfer/detail'].flatMap((path) =>
      bothPaths('GET', path, () => ok({ transfers: [] })),
    ),
  ];
}
