import {
  type ApiRequest,
  badRequest,
  forbidden,
  isObject,
  noContent,
  notFound,
  ok,
  type Route,
  route,
} from '../http/index.ts';
import { defaultQuotas, type NeutronCore, type QuotaResource, quotaOf, usedOf } from './core.ts';

const resources = Object.keys(defaultQuotas) as readonly QuotaResource[];
const largest = 2_147_483_647;

/** Limits per project; -1 = none. Source: neutron/pecan_wsgi/controllers/quota.py, neutron/extensions/quotasv2_detail.py. */
export function quotaRoutes(core: NeutronCore): readonly Route[] {
  const limits = (projectId: string): Record<string, unknown> => ({
    ...Object.fromEntries(resources.map((resource) => [resource, quotaOf(core, projectId, resource)])),
    project_id: projectId,
    tenant_id: projectId,
  });
  const details = (projectId: string): Record<string, unknown> =>
    Object.fromEntries(
      resources.map((resource) => [
        resource,
        { limit: quotaOf(core, projectId, resource), used: usedOf(core, projectId, resource), reserved: 0 },
      ]),
    );
  return [
    route('GET', '/v2.0/quotas', (request) => {
      if (!request.caller.isAdmin) throw adminRequired('Only admin can view or configure quota');
      const projects = core.store
        .all<{ project_id: string }>('select distinct project_id from neutron_quota order by project_id')
        .map((row) => row.project_id);
      return ok({ quotas: projects.map(limits) });
    }),
    // The client library asks who it is this way.
    ...['tenant', 'project'].map((word) =>
      route('GET', `/v2.0/quotas/${word}`, ({ caller }) => ok({ [word]: { [`${word}_id`]: caller.projectId } })),
    ),
    route('GET', '/v2.0/quotas/:project', (request) => ok({ quota: limits(readable(request)) })),
    route('GET', '/v2.0/quotas/:project/default', (request) =>
      ok({ quota: { ...defaultQuotas, project_id: readable(request), tenant_id: readable(request) } }),
    ),
    ...['details', 'details.json'].map((word) =>
      route('GET', `/v2.0/quotas/:project/${word}`, (request) => ok({ quota: details(readable(request)) })),
    ),
    route('PUT', '/v2.0/quotas/:project', (request) => {
      const projectId = changeable(request);
      write(core, projectId, isObject(request.body) ? request.body.quota : undefined);
      return ok({ quota: limits(projectId) });
    }),
    route('DELETE', '/v2.0/quotas/:project', (request) => {
      const projectId = changeable(request);
      if (core.store.run('delete from neutron_quota where project_id = ?', projectId) === 0)
        throw notFound(`Quota for tenant ${projectId} could not be found.`, 'TenantQuotaNotFound');
      return noContent;
    }),
  ];
}

function adminRequired(reason: string): Error {
  return forbidden(`User does not have admin privileges: ${reason}.`, 'AdminRequired');
}

function readable(request: ApiRequest): string {
  const projectId = request.params.project ?? '';
  if (projectId !== request.caller.projectId && !request.caller.isAdmin)
    throw adminRequired('Only admin is authorized to access quotas for another project');
  return projectId;
}

function changeable(request: ApiRequest): string {
  if (!request.caller.isAdmin) throw forbidden('rule:update_quota is disallowed by policy', 'PolicyNotAuthorized');
  return request.params.project ?? '';
}

function write(core: NeutronCore, projectId: string, body: unknown): void {
  if (!isObject(body)) throw badRequest("Unable to find 'quota' in request body");
  // Switches of newer clients. A limit below what is used is allowed, as by default in Neutron.
  const { force: _force, check_limit: _check, tenant_id: _tenant, project_id: _project, ...wanted } = body;
  const changes = Object.entries(wanted).map(([key, value]) => {
    const resource = resources.find((name) => name === key);
    if (resource === undefined) throw badRequest(`Unrecognized attribute(s) '${key}'`, 'HTTPBadRequest');
    const limit = typeof value === 'string' && /^-?\d+$/.test(value) ? Number(value) : value;
    if (typeof limit !== 'number' || !Number.isInteger(limit) || limit < -1 || limit > largest)
      throw badRequest(
        `Invalid input for ${key}. Reason: '${String(value)}' is not an integer from -1 to ${largest}.`,
        'HTTPBadRequest',
      );
    return { resource, limit };
  });
  core.store.transaction(() => {
    for (const { resource, limit } of changes)
      core.store.run(
        'insert into neutron_quota (project_id, resource, quota) values (?, ?, ?) on conflict (project_id, resource) do update set quota = excluded.quota',
        projectId,
        resource,
        limit,
      );
  });
}
