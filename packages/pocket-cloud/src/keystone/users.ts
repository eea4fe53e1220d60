import {
  ApiError,
  type ApiRequest,
  bodyObject,
  conflict,
  created,
  forbidden,
  noContent,
  notFound,
  ok,
  optionalBoolean,
  optionalString,
  type Route,
  requiredString,
  route,
} from '../http/index.ts';
import { newHexId, type Store } from '../store/index.ts';
import { links, listBody } from './bodies.ts';
import { hashPassword, verifyPassword } from './passwords.ts';
import { defaultDomainId } from './projects.ts';
import { domainById, type UserRow, userById, userByName } from './rows.ts';

/** Source: Identity API v3 reference, "Users". A new password or a disabled user ends the user's tokens. */
export function userRoutes(store: Store): readonly Route[] {
  return [
    route(
      'GET',
      '/v3/users',
      (request) => {
        const rows = store.all<UserRow>('select * from user order by name');
        return ok(
          listBody(
            request,
            'users',
            rows.map((row) => showUser(request, row)),
            ['name', 'domain_id', 'enabled'],
          ),
        );
      },
      'admin',
    ),
    route(
      'GET',
      '/v3/users/:id',
      (request) => {
        if (!request.caller.isAdmin && request.caller.userId !== request.params.id)
          throw forbidden('You are not authorized to perform the requested action: identity:get_user.');
        return ok({ user: showUser(request, findUser(store, request)) });
      },
      'any-token',
    ),
    route(
      'POST',
      '/v3/users',
      async (request) => created({ user: showUser(request, await createUser(store, request)) }),
      'admin',
    ),
    route(
      'PATCH',
      '/v3/users/:id',
      async (request) => ok({ user: showUser(request, await updateUser(store, request)) }),
      'admin',
    ),
    route(
      'DELETE',
      '/v3/users/:id',
      (request) => {
        store.run('delete from user where id = ?', findUser(store, request).id);
        return noContent;
      },
      'admin',
    ),
    route(
      'POST',
      '/v3/users/:id/password',
      async (request) => {
        await changePassword(store, request);
        return noContent;
      },
      'any-token',
    ),
    route('GET', '/v3/groups', (request) => ok(listBody(request, 'groups', [], [])), 'any-token'),
    route('GET', '/v3/users/:id/groups', (request) => ok(listBody(request, 'groups', [], [])), 'any-token'),
  ];
}

function findUser(store: Store, request: ApiRequest): UserRow {
  const row = userById(store, request.params.id ?? '');
  if (row === undefined) throw notFound(`Could not find user: ${request.params.id}.`);
  return row;
}

async function createUser(store: Store, request: ApiRequest): Promise<UserRow> {
  const wanted = bodyObject(request.body, 'user');
  const name = requiredString(wanted, 'name');
  const domainId = optionalString(wanted, 'domain_id') ?? defaultDomainId;
  if (domainById(store, domainId) === undefined) throw notFound(`Could not find domain: ${domainId}.`);
  const password = optionalString(wanted, 'password', 4096);
  const hash = password === undefined ? null : await hashPassword(password);
  if (userByName(store, domainId, name) !== undefined)
    throw conflict(
      `Conflict occurred attempting to store user - Duplicate entry found with name ${name} at domain ID ${domainId}.`,
    );
  const id = newHexId();
  store.run(
    'insert into user values (?, ?, ?, ?, ?, ?, ?, ?)',
    id,
    domainId,
    name,
    hash,
    optionalString(wanted, 'description', 65_536) ?? null,
    optionalString(wanted, 'email') ?? null,
    (optionalBoolean(wanted, 'enabled') ?? true) ? 1 : 0,
    optionalString(wanted, 'default_project_id') ?? null,
  );
  return userById(store, id) as UserRow;
}

async function updateUser(store: Store, request: ApiRequest): Promise<UserRow> {
  const change = bodyObject(request.body, 'user');
  const password = optionalString(change, 'password', 4096);
  const hash = password === undefined ? undefined : await hashPassword(password);
  const row = findUser(store, request);
  const name = optionalString(change, 'name') ?? row.name;
  const other = userByName(store, row.domain_id, name);
  if (other !== undefined && other.id !== row.id)
    throw conflict(`Conflict occurred attempting to update user - Duplicate entry found with name ${name}.`);
  const enabled = optionalBoolean(change, 'enabled') ?? row.enabled === 1;
  store.transaction(() => {
    store.run(
      'update user set name = ?, password_hash = ?, description = ?, email = ?, enabled = ?, default_project_id = ? where id = ?',
      name,
      hash ?? row.password_hash,
      optionalString(change, 'description', 65_536) ?? row.description,
      optionalString(change, 'email') ?? row.email,
      enabled ? 1 : 0,
      optionalString(change, 'default_project_id') ?? row.default_project_id,
      row.id,
    );
    if (hash !== undefined || !enabled) store.run('delete from token where user_id = ?', row.id);
  });
  return userById(store, row.id) as UserRow;
}

async function changePassword(store: Store, request: ApiRequest): Promise<void> {
  const wanted = bodyObject(request.body, 'user');
  const row = findUser(store, request);
  if (request.caller.userId !== row.id)
    throw forbidden('You are not authorized to perform the requested action: identity:change_password.');
  if (!(await verifyPassword(requiredString(wanted, 'original_password', 4096), row.password_hash)))
    throw new ApiError(401, 'The request you have made requires authentication.');
  const hash = await hashPassword(requiredString(wanted, 'password', 4096));
  store.transaction(() => {
    store.run('update user set password_hash = ? where id = ?', hash, row.id);
    store.run('delete from token where user_id = ?', row.id);
  });
}

function showUser(request: ApiRequest, row: UserRow): Readonly<Record<string, unknown>> {
  return {
    id: row.id,
    name: row.name,
    domain_id: row.domain_id,
    enabled: row.enabled === 1,
    ...(row.description === null ? {} : { description: row.description }),
    ...(row.email === null ? {} : { email: row.email }),
    ...(row.default_project_id === null ? {} : { default_project_id: row.default_project_id }),
    password_expires_at: null,
    options: {},
    links: links(request, `/v3/users/${row.id}`),
  };
}
