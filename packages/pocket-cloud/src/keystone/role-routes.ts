import {
  type ApiRequest,
  bodyObject,
  conflict,
  created,
  noContent,
  notFound,
  ok,
  optionalString,
  type Route,
  requiredString,
  route,
} from '../http/index.ts';
import { newHexId, type Store } from '../store/index.ts';
import { links, listBody } from './bodies.ts';
import {
  type AssignmentRow,
  allRoles,
  domainById,
  projectById,
  type RoleRow,
  roleById,
  type TargetType,
  userById,
} from './rows.ts';

/** Source: Identity API v3 reference, "Roles". Groups do not exist here. */
export function roleRoutes(store: Store): readonly Route[] {
  return [
    route(
      'GET',
      '/v3/roles',
      (request) =>
        ok(
          listBody(
            request,
            'roles',
            allRoles(store).map((row) => showRole(request, row)),
            ['name'],
          ),
        ),
      'any-token',
    ),
    route(
      'GET',
      '/v3/roles/:roleId',
      (request) => ok({ role: showRole(request, findRole(store, request)) }),
      'any-token',
    ),
    route(
      'POST',
      '/v3/roles',
      (request) => {
        const wanted = bodyObject(request.body, 'role');
        const name = requiredString(wanted, 'name');
        if (store.get('select 1 from role where name = ?', name) !== undefined)
          throw conflict(`Conflict occurred attempting to store role - Duplicate entry found with name ${name}.`);
        const row: RoleRow = { id: newHexId(), name, description: optionalString(wanted, 'description') ?? null };
        store.run('insert into role values (?, ?, ?)', row.id, row.name, row.description);
        return created({ role: showRole(request, row) });
      },
      'admin',
    ),
    route(
      'DELETE',
      '/v3/roles/:roleId',
      (request) => {
        store.run('delete from role where id = ?', findRole(store, request).id);
        return noContent;
      },
      'admin',
    ),
    route('GET', '/v3/role_assignments', (request) => ok(assignmentList(store, request)), 'any-token'),
    ...(['project', 'domain', 'system'] as const).flatMap((type) => grantRoutes(store, type)),
  ];
}

/** Give, check, take and list the roles of one user on one target. */
function grantRoutes(store: Store, type: TargetType): readonly Route[] {
  const base = type === 'system' ? '/v3/system/users/:userId/roles' : `/v3/${type}s/:targetId/users/:userId/roles`;
  const target = (request: ApiRequest): string => {
    const id = request.params.targetId ?? '';
    if (type === 'system') return 'all';
    if ((type === 'project' ? projectById(store, id) : domainById(store, id)) === undefined)
      throw notFound(`Could not find ${type}: ${id}.`);
    return id;
  };
  const user = (request: ApiRequest): string => {
    const id = request.params.userId ?? '';
    if (userById(store, id) === undefined) throw notFound(`Could not find user: ${id}.`);
    return id;
  };
  const has = (request: ApiRequest): boolean =>
    store.get(
      'select 1 from role_assignment where role_id = ? and user_id = ? and target_type = ? and target_id = ?',
      findRole(store, request).id,
      user(request),
      type,
      target(request),
    ) !== undefined;
  const absent = (request: ApiRequest): Error =>
    notFound(
      `Could not find role assignment with role: ${request.params.roleId}, user or group: ${request.params.userId}, project, domain, or system: ${request.params.targetId ?? 'all'}.`,
    );
  return [
    route(
      'GET',
      base,
      (request) => {
        const rows = store.all<RoleRow>(
          'select role.* from role join role_assignment on role_id = role.id where user_id = ? and target_type = ? and target_id = ? order by name',
          user(request),
          type,
          target(request),
        );
        return ok(
          listBody(
            request,
            'roles',
            rows.map((row) => showRole(request, row)),
            ['name'],
          ),
        );
      },
      'admin',
    ),
    route(
      'PUT',
      `${base}/:roleId`,
      (request) => {
        store.run(
          'insert or ignore into role_assignment values (?, ?, ?, ?)',
          findRole(store, request).id,
          user(request),
          type,
          target(request),
        );
        return noContent;
      },
      'admin',
    ),
    route(
      'GET',
      `${base}/:roleId`,
      (request) => {
        if (!has(request)) throw absent(request);
        return noContent;
      },
      'admin',
    ),
    route(
      'DELETE',
      `${base}/:roleId`,
      (request) => {
        if (!has(request)) throw absent(request);
        store.run(
          'delete from role_assignment where role_id = ? and user_id = ? and target_type = ? and target_id = ?',
          findRole(store, request).id,
          user(request),
          type,
          target(request),
        );
        return noContent;
      },
      'admin',
    ),
  ];
}

function findRole(store: Store, request: ApiRequest): RoleRow {
  const row = roleById(store, request.params.roleId ?? '');
  if (row === undefined) throw notFound(`Could not find role: ${request.params.roleId}.`);
  return row;
}

function assignmentList(store: Store, request: ApiRequest): unknown {
  const { caller, query } = request;
  const visible = store
    .all<AssignmentRow>('select * from role_assignment order by target_type, target_id, user_id, role_id')
    .filter((row) => caller.isAdmin || row.user_id === caller.userId || row.target_id === caller.projectId);
  const wanted = (key: string, value: string): boolean => !query.has(key) || query.get(key) === value;
  const scoped = (type: TargetType, row: AssignmentRow): string => (row.target_type === type ? row.target_id : '');
  const rows = visible.filter(
    (row) =>
      wanted('user.id', row.user_id) &&
      wanted('role.id', row.role_id) &&
      wanted('scope.project.id', scoped('project', row)) &&
      wanted('scope.domain.id', scoped('domain', row)) &&
      (!query.has('scope.system') || row.target_type === 'system') &&
      !query.has('group.id'),
  );
  const names = query.has('include_names') && !/^(0|false)$/i.test(query.get('include_names') ?? '');
  return {
    role_assignments: rows.map((row) => showAssignment(store, request, row, names)),
    links: { next: null, self: `${request.baseUrl}${request.path}`, previous: null },
  };
}

function showAssignment(store: Store, request: ApiRequest, row: AssignmentRow, names: boolean): unknown {
  const domainOf = (id: string | undefined): unknown => ({ id, name: domainById(store, id ?? '')?.name });
  const user = userById(store, row.user_id);
  const project = row.target_type === 'project' ? projectById(store, row.target_id) : undefined;
  const scope =
    row.target_type === 'system'
      ? { system: { all: true } }
      : row.target_type === 'domain'
        ? { domain: { id: row.target_id, ...(names ? { name: domainById(store, row.target_id)?.name } : {}) } }
        : {
            project: {
              id: row.target_id,
              ...(names ? { name: project?.name, domain: domainOf(project?.domain_id) } : {}),
            },
          };
  return {
    scope,
    user: { id: row.user_id, ...(names ? { name: user?.name, domain: domainOf(user?.domain_id) } : {}) },
    role: { id: row.role_id, ...(names ? { name: roleById(store, row.role_id)?.name } : {}) },
    links: {
      assignment: `${request.baseUrl}/v3/${row.target_type}s/${row.target_id}/users/${row.user_id}/roles/${row.role_id}`,
    },
  };
}

function showRole(request: ApiRequest, row: RoleRow): Readonly<Record<string, unknown>> {
  return {
    id: row.id,
    name: row.name,
    domain_id: null,
    description: row.description,
    options: {},
    links: links(request, `/v3/roles/${row.id}`),
  };
}
