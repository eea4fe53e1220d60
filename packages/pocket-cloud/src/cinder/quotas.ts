import {
  ApiError,
  type ApiRequest,
  bodyObject,
  forbidden,
  type JsonObject,
  ok,
  optionalInteger,
  type Route,
} from '../http/index.ts';
import type { Store } from '../store/index.ts';
import { bothPaths } from './paths.ts';

const defaults: Readonly<Record<string, number>> = {
  volumes: 10,
  snapshots: 10,
  gigabytes: 1000,
  per_volume_gigabytes: -1,
  backups: 10,
  backup_gigabytes: 1000,
  groups: 10,
};

function limitsOf(store: Store, projectId: string): Record<string, number> {
  const own = store.all<{ resource: string; value: number }>(
    'select resource, value from volume_quota where project_id = ?',
    projectId,
  );
  return { ...defaults, ...Object.fromEntries(own.map((row) => [row.resource, row.value])) };
}

function usageOf(store: Store, projectId: string): Record<string, number> {
  const one = (sql: string): number => store.get<{ value: number }>(sql, projectId)?.value ?? 0;
  const volumes = one('select count(*) as value from volume where project_id = ?');
  const snapshots = one('select count(*) as value from snapshot where project_id = ?');
  const gigabytes =
    one('select coalesce(sum(max(size, coalesce(new_size, 0))), 0) as value from volume where project_id = ?') +
    one('select coalesce(sum(size), 0) as value from snapshot where project_id = ?');
  return { volumes, snapshots, gigabytes };
}

const limitNames = {
  volumes: ['VolumeLimitExceeded', 'volumes'],
  snapshots: ['SnapshotLimitExceeded', 'snapshots'],
} as const;

/** Throws 413 in Cinder's words when one more object (or only more gigabytes) does not fit. Source: cinder/exception.py, class QuotaError and below. */
export function checkVolumeQuota(
  store: Store,
  projectId: string,
  wanted: { readonly what?: 'volumes' | 'snapshots'; readonly gigabytes: number },
): void {
  const limits = limitsOf(store, projectId);
  const used = usageOf(store, projectId);
  const over = (name: string, more: number): boolean =>
    (limits[name] ?? -1) >= 0 && more > 0 && (used[name] ?? 0) + more > (limits[name] ?? 0);
  const perVolume = limits.per_volume_gigabytes ?? -1;
  if (wanted.what === 'volumes' && perVolume >= 0 && wanted.gigabytes > perVolume)
    throw new ApiError(
      413,
      `VolumeSizeExceedsLimit: Requested volume size ${wanted.gigabytes}G is larger than maximum allowed limit ${perVolume}G.`,
    );
  if (over('gigabytes', wanted.gigabytes))
    throw new ApiError(
      413,
      `VolumeSizeExceedsAvailableQuota: Requested volume or snapshot exceeds allowed gigabytes quota. Requested ${wanted.gigabytes}G, quota is ${limits.gigabytes}G and ${used.gigabytes}G has been consumed.`,
    );
  if (wanted.what !== undefined && over(wanted.what, 1)) {
    const [name, noun] = limitNames[wanted.what];
    throw new ApiError(413, `${name}: Maximum number of ${noun} allowed (${limits[noun]}) exceeded`);
  }
}

/** Source: Block Storage API v3, "Quota sets extension" and "Limits". */
export function quotaRoutes(store: Store): readonly Route[] {
  const target = (request: ApiRequest): string => {
    const id = request.params.target ?? '';
    if (!request.caller.isAdmin && id !== request.caller.projectId)
      throw forbidden("Policy doesn't allow volume_extension:quotas:show to be performed.");
    return id;
  };
  const show = (request: ApiRequest): JsonObject => {
    const id = target(request);
    const limits = limitsOf(store, id);
    if (!/^true$/i.test(request.query.get('usage') ?? '')) return { id, ...limits };
    const used = usageOf(store, id);
    return {
      id,
      ...Object.fromEntries(
        Object.entries(limits).map(([name, limit]) => [name, { limit, in_use: used[name] ?? 0, reserved: 0 }]),
      ),
    };
  };
  return [
    ...bothPaths('GET', '/os-quota-sets/:target', (request) => ok({ quota_set: show(request) })),
    ...bothPaths('GET', '/os-quota-sets/:target/defaults', (request) =>
      ok({ quota_set: { id: target(request), ...defaults } }),
    ),
    ...bothPaths(
      'PUT',
      '/os-quota-sets/:target',
      (request) => {
        const wanted = bodyObject(request.body, 'quota_set');
        for (const name of Object.keys(defaults)) {
          const value = optionalInteger(wanted, name, -1);
          if (value !== undefined)
            store.run('insert or replace into volume_quota values (?, ?, ?)', request.params.target ?? '', name, value);
        }
        return ok({ quota_set: limitsOf(store, request.params.target ?? '') });
      },
      'admin',
    ),
    ...bothPaths(
      'DELETE',
      '/os-quota-sets/:target',
      (request) => {
        store.run('delete from volume_quota where project_id = ?', request.params.target ?? '');
        return { status: 200 };
      },
      'admin',
    ),
    ...bothPaths('GET', '/limits', (request) => {
      const limits = limitsOf(store, request.caller.projectId);
      const used = usageOf(store, request.caller.projectId);
      return ok({
        limits: {
          rate: [],
          absolute: {
            maxTotalVolumes: limits.volumes,
            maxTotalSnapshots: limits.snapshots,
            maxTotalVolumeGigabytes: limits.gigabytes,
            maxTotalBackups: limits.backups,
            maxTotalBackupGigabytes: limits.backup_gigabytes,
            totalVolumesUsed: used.volumes,
            totalSnapshotsUsed: used.snapshots,
            totalGigabytesUsed: used.gigabytes,
            totalBackupsUsed: 0,
            totalBackupGigabytesUsed: 0,
          },
        },
      });
    }),
  ];
}
