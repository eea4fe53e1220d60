import { randomBytes } from 'node:crypto';
import {
  type ApiRequest,
  badRequest,
  bodyObject,
  conflict,
  created,
  forbidden,
  isObject,
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
import { microTimestamp, newHexId, type Store } from '../store/index.ts';
import { links, listBody } from './bodies.ts';
import { hashPassword } from './passwords.ts';
import { effectiveRoles } from './roles.ts';
import { type ApplicationCredentialRow, allRoles, type RoleRow } from './rows.ts';
import { findToken } from './tokens.ts';

const base = '/v3/users/:userId/application_credentials';

/** Source: Identity API v3 reference, "Application credentials". Access rules are stored and shown, not enforced. */
export function applicationCredentialRoutes(store: Store): readonly Route[] {
  const find = (request: ApiRequest): ApplicationCredentialRow => {
    const row = store.get<ApplicationCredentialRow>(
      'select * from application_credential where id = ? and user_id = ?',
      request.params.id ?? '',
      request.params.userId ?? '',
    );
    if (row === undefined) throw notFound(`Could not find Application Credential: ${request.params.id}.`);
    return row;
  };
  return [
    route(
      'GET',
      base,
      (request) => {
        ownOrAdmin(request);
        const rows = store.all<ApplicationCredentialRow>(
          'select * from application_credential where user_id = ? order by name',
          request.params.userId ?? '',
        );
        return ok(
          listBody(
            request,
            'application_credentials',
            rows.map((row) => show(store, request, row)),
            ['name'],
          ),
        );
      },
      'any-token',
    ),
    route(
      'GET',
      `${base}/:id`,
      (request) => {
        ownOrAdmin(request);
        return ok({ application_credential: show(store, request, find(request)) });
      },
      'any-token',
    ),
    route('POST', base, async (request) => {
      const { row, secret } = await newCredential(store, request);
      store.run(
        'insert into application_credential values (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)',
        row.id,
        row.user_id,
        row.project_id,
        row.name,
        row.description,
        row.secret_hash,
        row.role_ids,
        row.unrestricted,
        row.expires_at,
        row.access_rules,
      );
      return created({ application_credential: { ...show(store, request, row), secret } });
    }),
    route(
      'DELETE',
      `${base}/:id`,
      (request) => {
        ownOrAdmin(request);
        refuseRestricted(store, request);
        // Tokens made from it go by the foreign key.
        store.run('delete from application_credential where id = ?', find(request).id);
        return noContent;
      },
      'any-token',
    ),
  ];
}

async function newCredential(
  store: Store,
  request: ApiRequest,
): Promise<{ readonly row: ApplicationCredentialRow; readonly secret: string }> {
  const { caller } = request;
  if (request.params.userId !== caller.userId)
    throw forbidden('You are not authorized to perform the requested action: identity:create_application_credential.');
  refuseRestricted(store, request);
  const wanted = bodyObject(request.body, 'application_credential');
  const name = requiredString(wanted, 'name');
  const exists = (): unknown =>
    store.get('select 1 from application_credential where user_id = ? and name = ?', caller.userId, name);
  const secret = optionalString(wanted, 'secret', 1024) ?? randomBytes(64).toString('base64url');
  const secretHash = await hashPassword(secret);
  if (exists() !== undefined)
    throw conflict(
      `Conflict occurred attempting to store application_credential - Duplicate entry found with name ${name}.`,
    );
  const accessRules = optionalArray(wanted, 'access_rules');
  return {
    secret,
    row: {
      id: newHexId(),
      user_id: caller.userId,
      project_id: caller.projectId,
      name,
      description: optionalString(wanted, 'description', 65_536) ?? null,
      secret_hash: secretHash,
      role_ids: JSON.stringify(wantedRoles(store, request, wanted).map((role) => role.id)),
      unrestricted: optionalBoolean(wanted, 'unrestricted') === true ? 1 : 0,
      expires_at: expiry(optionalString(wanted, 'expires_at')),
      access_rules: accessRules === undefined ? null : JSON.stringify(accessRules),
    },
  };
}

/** A token from a restricted application credential must not make or delete others. */
function refuseRestricted(store: Store, request: ApiRequest): void {
  const token = findToken(store, request.caller.tokenId);
  if (token?.credential !== undefined && token.credential.unrestricted === 0)
    throw forbidden(
      "Using method 'application_credential' is not allowed for managing additional application credentials.",
    );
}

function wantedRoles(store: Store, request: ApiRequest, wanted: JsonObject): readonly RoleRow[] {
  const own = effectiveRoles(store, request.caller.userId, 'project', request.caller.projectId).filter((role) =>
    request.caller.roles.includes(role.name),
  );
  const list = optionalArray(wanted, 'roles');
  if (list === undefined || list.length === 0) return own;
  return list.map((item) => {
    const role = own.find((candidate) => isObject(item) && (candidate.id === item.id || candidate.name === item.name));
    if (role === undefined)
      throw badRequest(
        `Invalid application credential: Could not find role assignment with role: ${isObject(item) ? String(item.id ?? item.name) : 'unknown'}, user or group: ${request.caller.userId}, project, domain, or system: ${request.caller.projectId}.`,
      );
    return role;
  });
}

function expiry(text: string | undefined): string | null {
  if (text === undefined) return null;
  // Without a zone, Keystone's times are UTC.
  const date = new Date(/[zZ]|[+-]\d\d:?\d\d$/.test(text) ? text : `${text}Z`);
  if (Number.isNaN(date.getTime()))
    throw badRequest('Invalid input for field expires_at: it must be an ISO 8601 time.');
  if (date.getTime() <= Date.now()) throw badRequest('Invalid input for field expires_at: it must be in the future.');
  return microTimestamp(date);
}

function ownOrAdmin(request: ApiRequest): void {
  if (request.params.userId !== request.caller.userId && !request.caller.isAdmin)
    throw forbidden('You are not authorized to perform the requested action.');
}

function show(store: Store, request: ApiRequest, row: ApplicationCredentialRow): Readonly<Record<string, unknown>> {
  const ids = JSON.parse(row.role_ids) as string[];
  return {
    id: row.id,
    name: row.name,
    description: row.description,
    project_id: row.project_id,
    user_id: row.user_id,
    unrestricted: row.unrestricted === 1,
    // Keystone shows this time without a zone.
    expires_at: row.expires_at === null ? null : row.expires_at.replace('Z', ''),
    roles: allRoles(store)
      .filter((role) => ids.includes(role.id))
      .map(({ id, name }) => ({ id, name, domain_id: null })),
    ...(row.access_rules === null ? {} : { access_rules: JSON.parse(row.access_rules) }),
    links: links(request, `/v3/users/${row.user_id}/application_credentials/${row.id}`),
  };
}
