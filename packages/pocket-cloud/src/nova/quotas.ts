import { bodyObject, forbidden, type JsonObject, ok, optionalInteger, type Route, route } from '../http/index.ts';
import type { Store } from '../store/index.ts';
import type { FlavorRow, ServerRow } from './rows.ts';

const defaults: Readonly<Record<string, number>> = {
  instances: 10,
  cores: 20,
  ram: 51_200,
  metadata_items: 128,
  key_pairs: 100,
  server_groups: 10,
  server_group_members: 10,
  injected_files: 5,
  injected_file_content_bytes: 10_240,
  injected_file_path_bytes: 255,
  fixed_ips: -1,
  floating_ips: -1,
  security_groups: -1,
  security_group_rules: -1,
};

function limitsOf(store: Store, projectId: string): Record<string, number> {
  const own = store.all<{ resource: string; value: number }>(
    'select resource, value from quota where project_id = ?',
    projectId,
  );
  return { ...defaults, ...Object.fromEntries(own.map((row) => [row.resource, row.value])) };
}

function usageOf(store: Store, projectId: string): { instances: number; cores: number; ram: number } {
  const flavors = store
    .all<Pick<ServerRow, 'flavor'>>(
      "select flavor from server where project_id = ? and desired <> 'deleted'",
      projectId,
    )
    .map((row) => JSON.parse(row.flavor) as FlavorRow);
  return {
    instances: flavors.length,
    cores: flavors.reduce((sum, flavor) => sum + flavor.vcpus, 0),
    ram: flavors.reduce((sum, flavor) => sum + flavor.ram, 0),
  };
}

/** Throws 403 in Nova's words when one more server of that flavor (or one server with that flavor in place of another) does not fit. */
export function checkQuota(store: Store, projectId: string, flavor: FlavorRow, instead?: FlavorRow): void {
  const limits = limitsOf(store, projectId);
  const used = usageOf(store, projectId);
  const requested = {
    instances: instead === undefined ? 1 : 0,
    cores: flavor.vcpus - (instead?.vcpus ?? 0),
    ram: flavor.ram - (instead?.ram ?? 0),
  };
  const over = (['instances', 'cores', 'ram'] as const).filter(
    (name) => requested[name] > 0 && (limits[name] ?? -1) >= 0 && used[name] + requested[name] > (limits[name] ?? 0),
  );
  if (over.length === 0) return;
  const each = (values: Readonly<Record<string, number>>): string => over.map((name) => values[name]).join(', ');
  throw forbidden(
    `Quota exceeded for ${over.join(', ')}: Requested ${each(requested)}, but already used ${each(used)} of ${each(limits)} ${over.join(', ')}`,
  );
}

export function quotaRoutes(store: Store): readonly Route[] {
  const show = (projectId: string): JsonObject => ({ id: projectId, ...limitsOf(store, projectId) });
  const mine = (request: {
    params: Readonly<Record<string, string>>;
    caller: { isAdmin: boolean; projectId: string };
  }): string => {
    const id = request.params.projectId ?? '';
    if (!request.caller.isAdmin && id !== request.caller.projectId)
      throw forbidden("Policy doesn't allow os_compute_api:os-quota-sets:show to be performed.");
    return id;
  };
  return [
    route('GET', '/v2.1/os-quota-sets/:projectId', (request) => ok({ quota_set: show(mine(request)) })),
    route('GET', '/v2.1/os-quota-sets/:projectId/defaults', (request) =>
      ok({ quota_set: { id: mine(request), ...defaults } }),
    ),
    route('GET', '/v2.1/os-quota-sets/:projectId/detail', (request) => {
      const id = mine(request);
      const used: Readonly<Record<string, number>> = usageOf(store, id);
      return ok({
        quota_set: {
          id,
          ...Object.fromEntries(
            Object.entries(limitsOf(store, id)).map(([name, limit]) => [
              name,
              { limit, in_use: used[name] ?? 0, reserved: 0 },
            ]),
          ),
        },
      });
    }),
    route(
      'PUT',
      '/v2.1/os-quota-sets/:projectId',
      (request) => {
        const wanted = bodyObject(request.body, 'quota_set');
        for (const name of Object.keys(defaults)) {
          const value = optionalInteger(wanted, name, -1);
          if (value !== undefined)
            store.run('insert or replace into quota values (?, ?, ?)', request.params.projectId ?? '', name, value);
        }
        return ok({ quota_set: show(request.params.projectId ?? '') });
      },
      'admin',
    ),
    route(
      'DELETE',
      '/v2.1/os-quota-sets/:projectId',
      (request) => {
        store.run('delete from quota where project_id = ?', request.params.projectId ?? '');
        return { status: 202 };
      },
      'admin',
    ),
    route('GET', '/v2.1/limits', (request) => {
      const id = request.query.get('tenant_id');
      const project = id !== null && request.caller.isAdmin ? id : request.caller.projectId;
      const limits = limitsOf(store, project);
      const used = usageOf(store, project);
      return ok({
        limits: {
          rate: [],
          absolute: {
            maxTotalInstances: limits.instances,
            maxTotalCores: limits.cores,
            maxTotalRAMSize: limits.ram,
            maxServerMeta: 128,
            maxTotalKeypairs: limits.key_pairs,
            maxServerGroups: limits.server_groups,
            maxServerGroupMembers: limits.server_group_members,
            totalInstancesUsed: used.instances,
            totalCoresUsed: used.cores,
            totalRAMUsed: used.ram,
            totalServerGroupsUsed: 0,
          },
        },
      });
    }),
  ];
}
