import {
  type ApiRequest,
  bodyObject,
  conflict,
  created,
  forbidden,
  type JsonObject,
  noContent,
  notFound,
  ok,
  optionalArray,
  optionalBoolean,
  optionalString,
  type Route,
  requiredString,
  route,
} from '../http/index.ts';
import { newHexId, type Store } from '../store/index.ts';
import { links, listBody } from './bodies.ts';
import { type DomainRow, domainById, type ProjectRow, projectById, projectByName } from './rows.ts';

export const defaultDomainId = 'default';

/** Source: Identity API v3 reference, "Projects" and "Domains". */
export function projectRoutes(store: Store): readonly Route[] {
  return [
    route(
      'GET',
      '/v3/projects',
      (request) => {
        if (!request.caller.isAdmin)
          throw forbidden('You are not authorized to perform the requested action: identity:list_projects.');
        return ok(projectList(request, store.all<ProjectRow>('select * from project order by name')));
      },
      'any-token',
    ),
    route(
      'GET',
      '/v3/auth/projects',
      (request) => ok(projectList(request, projectsOfUser(store, request.caller.userId))),
      'any-token',
    ),
    route(
      'GET',
      '/v3/users/:userId/projects',
      (request) => {
        const id = request.params.userId ?? '';
        if (id !== request.caller.userId && !request.caller.isAdmin)
          throw forbidden('You are not authorized to perform the requested action: identity:list_user_projects.');
        return ok(projectList(request, projectsOfUser(store, id)));
      },
      'any-token',
    ),
    route(
      'GET',
      '/v3/projects/:id',
      (request) => ok({ project: showProject(request, visibleProject(store, request)) }),
      'any-token',
    ),
    route(
      'POST',
      '/v3/projects',
      (request) =>
        created({ project: showProject(request, createProject(store, bodyObject(request.body, 'project'))) }),
      'admin',
    ),
    route(
      'PATCH',
      '/v3/projects/:id',
      (request) => ok({ project: showProject(request, updateProject(store, request)) }),
      'admin',
    ),
    route(
      'DELETE',
      '/v3/projects/:id',
      (request) => {
        const project = visibleProject(store, request);
        store.transaction(() => {
          store.run("delete from role_assignment where target_type = 'project' and target_id = ?", project.id);
          store.run("delete from token where scope_type = 'project' and scope_id = ?", project.id);
          store.run('update user set default_project_id = null where default_project_id = ?', project.id);
          store.run('delete from project where id = ?', project.id);
        });
        return noContent;
      },
      'admin',
    ),
    route('GET', '/v3/auth/domains', (request) => ok(listBody(request, 'domains', [], [])), 'any-token'),
    route(
      'GET',
      '/v3/domains',
      (request) =>
        ok(
          listBody(
            request,
            'domains',
            store.all<DomainRow>('select * from domain order by name').map((row) => showDomain(request, row)),
            ['name', 'enabled'],
          ),
        ),
      'any-token',
    ),
    route(
      'GET',
      '/v3/domains/:id',
      (request) => ok({ domain: showDomain(request, findDomain(store, request)) }),
      'any-token',
    ),
    route(
      'POST',
      '/v3/domains',
      (request) => created({ domain: showDomain(request, createDomain(store, bodyObject(request.body, 'domain'))) }),
      'admin',
    ),
    route(
      'PATCH',
      '/v3/domains/:id',
      (request) => {
        const row = findDomain(store, request);
        const change = bodyObject(request.body, 'domain');
        store.run(
          'update domain set name = ?, description = ?, enabled = ? where id = ?',
          optionalString(change, 'name') ?? row.name,
          optionalString(change, 'description', 65_536) ?? row.description,
          (optionalBoolean(change, 'enabled') ?? row.enabled === 1) ? 1 : 0,
          row.id,
        );
        return ok({ domain: showDomain(request, findDomain(store, request)) });
      },
      'admin',
    ),
    route(
      'DELETE',
      '/v3/domains/:id',
      (request) => {
        const row = findDomain(store, request);
        if (row.enabled === 1) throw forbidden('Cannot delete a domain that is enabled, please disable it first.');
        store.transaction(() => {
          for (const project of store.all<ProjectRow>('select * from project where domain_id = ?', row.id))
            store.run('delete from role_assignment where target_id = ?', project.id);
          store.run('delete from role_assignment where target_id = ?', row.id);
          store.run('delete from user where domain_id = ?', row.id);
          store.run('delete from project where domain_id = ?', row.id);
          store.run('delete from domain where id = ?', row.id);
        });
        return noContent;
      },
      'admin',
    ),
  ];
}

function projectsOfUser(store: Store, userId: string): readonly ProjectRow[] {
  return store.all<ProjectRow>(
    `select distinct project.* from project join role_assignment on target_id = project.id and target_type = 'project'
     where user_id = ? and enabled = 1 order by name`,
    userId,
  );
}

function visibleProject(store: Store, request: ApiRequest): ProjectRow {
  const id = request.params.id ?? '';
  const project = projectById(store, id);
  const { caller } = request;
  const mine = caller.projectId === id || projectsOfUser(store, caller.userId).some((row) => row.id === id);
  if (project !== undefined && (caller.isAdmin || mine)) return project;
  // Keystone answers 403 to a user for any project that is not the user's own, absent ones included.
  if (!caller.isAdmin) throw forbidden('You are not authorized to perform the requested action: identity:get_project.');
  throw notFound(`Could not find project: ${id}.`);
}

function createProject(store: Store, wanted: JsonObject): ProjectRow {
  const name = requiredString(wanted, 'name', 64);
  const domainId = optionalString(wanted, 'domain_id') ?? defaultDomainId;
  if (domainById(store, domainId) === undefined) throw notFound(`Could not find domain: ${domainId}.`);
  if (projectByName(store, domainId, name) !== undefined)
    throw conflict(
      `Conflict occurred attempting to store project - it is not permitted to have two projects with the same name in the same domain : ${name}.`,
    );
  const id = newHexId();
  store.run(
    'insert into project values (?, ?, ?, ?, ?, ?, ?)',
    id,
    domainId,
    name,
    optionalString(wanted, 'description', 65_536) ?? '',
    (optionalBoolean(wanted, 'enabled') ?? true) ? 1 : 0,
    optionalString(wanted, 'parent_id') ?? domainId,
    JSON.stringify(optionalArray(wanted, 'tags') ?? []),
  );
  return projectById(store, id) as ProjectRow;
}

function updateProject(store: Store, request: ApiRequest): ProjectRow {
  const row = visibleProject(store, request);
  const change = bodyObject(request.body, 'project');
  const name = optionalString(change, 'name', 64) ?? row.name;
  const other = projectByName(store, row.domain_id, name);
  if (other !== undefined && other.id !== row.id)
    throw conflict(`Conflict occurred attempting to update project - Duplicate entry found with name ${name}.`);
  store.run(
    'update project set name = ?, description = ?, enabled = ?, tags = ? where id = ?',
    name,
    optionalString(change, 'description', 65_536) ?? row.description,
    (optionalBoolean(change, 'enabled') ?? row.enabled === 1) ? 1 : 0,
    JSON.stringify(optionalArray(change, 'tags') ?? JSON.parse(row.tags)),
    row.id,
  );
  return projectById(store, row.id) as ProjectRow;
}

function findDomain(store: Store, request: ApiRequest): DomainRow {
  const row = domainById(store, request.params.id ?? '');
  if (row === undefined) throw notFound(`Could not find domain: ${request.params.id}.`);
  return row;
}

function createDomain(store: Store, wanted: JsonObject): DomainRow {
  const name = requiredString(wanted, 'name', 64);
  if (store.get('select 1 from domain where name = ?', name) !== undefined)
    throw conflict(
      `Conflict occurred attempting to store project - it is not permitted to have two projects acting as domains with the same name: ${name}.`,
    );
  const id = newHexId();
  store.run(
    'insert into domain values (?, ?, ?, ?)',
    id,
    name,
    optionalString(wanted, 'description', 65_536) ?? '',
    (optionalBoolean(wanted, 'enabled') ?? true) ? 1 : 0,
  );
  return domainById(store, id) as DomainRow;
}

function projectList(request: ApiRequest, rows: readonly ProjectRow[]): unknown {
  return listBody(
    request,
    'projects',
    rows.map((row) => showProject(request, row)),
    ['name', 'domain_id', 'enabled', 'parent_id'],
  );
}

function showProject(request: ApiRequest, row: ProjectRow): Readonly<Record<string, unknown>> {
  return {
    id: row.id,
    name: row.name,
    domain_id: row.domain_id,
    description: row.description,
    enabled: row.enabled === 1,
    parent_id: row.parent_id,
    is_domain: false,
    options: {},
    tags: JSON.parse(row.tags),
    links: links(request, `/v3/projects/${row.id}`),
  };
}

function showDomain(request: ApiRequest, row: DomainRow): Readonly<Record<string, unknown>> {
  return {
    id: row.id,
    name: row.name,
    description: row.description,
    enabled: row.enabled === 1,
    options: {},
    tags: [],
    links: links(request, `/v3/domains/${row.id}`),
  };
}
