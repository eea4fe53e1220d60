import type { PocketCloudConfig } from '../config.ts';
import {
  ApiError,
  type ApiReply,
  type ApiRequest,
  badRequest,
  bodyObject,
  forbidden,
  isObject,
  type JsonObject,
  notFound,
  optionalString,
  requiredString,
} from '../http/index.ts';
import type { Store } from '../store/index.ts';
import { verifyPassword } from './passwords.ts';
import { effectiveRoles } from './roles.ts';
import {
  type ApplicationCredentialRow,
  domainById,
  domainByName,
  projectById,
  projectByName,
  type UserRow,
  userById,
  userByName,
} from './rows.ts';
import {
  credentialRoles,
  findToken,
  isExpired,
  issueToken,
  type NewToken,
  type Scope,
  scopeIsEnabled,
  tokenBody,
  type ValidToken,
} from './tokens.ts';

const tokenLifetimeMs = 60 * 60 * 1000;

const unauthorized = (message = 'The request you have made requires authentication.'): ApiError =>
  new ApiError(401, message);

/** POST /v3/auth/tokens. Source: Identity API v3 reference, "Authentication and token management". */
export async function createToken(store: Store, config: PocketCloudConfig, request: ApiRequest): Promise<ApiReply> {
  const auth = bodyObject(request.body, 'auth');
  const identity = bodyObject(auth, 'identity');
  const methods = identity.methods;
  if (!Array.isArray(methods) || methods.length === 0 || !methods.every((name) => typeof name === 'string'))
    throw badRequest('Expecting to find auth.identity.methods: a list of at least one method.');
  const token = await newToken(store, auth, identity, methods as string[]);
  const tokenId = issueToken(store, token);
  const valid = findToken(store, tokenId);
  if (valid === undefined) throw unauthorized();
  const withCatalog = !request.query.has('nocatalog');
  return {
    status: 201,
    body: { token: tokenBody(store, config, valid, withCatalog) },
    headers: { 'x-subject-token': tokenId, vary: 'X-Auth-Token' },
  };
}

async function newToken(
  store: Store,
  auth: JsonObject,
  identity: JsonObject,
  methods: readonly string[],
): Promise<NewToken> {
  const expiresAt = new Date(Date.now() + tokenLifetimeMs);
  const [method] = methods;
  if (methods.length > 1) throw unauthorized('One authentication method at a time is supported.');
  switch (method) {
    case 'password': {
      const user = await userByPassword(store, bodyObject(bodyObject(identity, 'password'), 'user'));
      return { userId: user.id, scope: scopeOf(store, user, auth.scope), methods, expiresAt };
    }
    case 'application_credential': {
      if (auth.scope !== undefined && auth.scope !== null)
        throw unauthorized(
          'Error authenticating with application credential: Application credentials cannot request a scope.',
        );
      return await byApplicationCredential(store, bodyObject(identity, 'application_credential'), expiresAt);
    }
    case 'token': {
      const parent = findToken(store, requiredString(bodyObject(identity, 'token'), 'id', 4096));
      if (parent === undefined) throw unauthorized();
      return rescoped(store, parent, auth.scope);
    }
    default:
      throw unauthorized(`Attempted to authenticate with an unsupported method: ${method}.`);
  }
}

function rescoped(store: Store, parent: ValidToken, wanted: unknown): NewToken {
  if (parent.credential !== undefined)
    throw forbidden('A token made from an application credential cannot be used to get another one.');
  const methods = [...new Set(['token', ...(JSON.parse(parent.row.methods) as string[])])];
  const audits = JSON.parse(parent.row.audit_ids) as string[];
  return {
    userId: parent.user.id,
    scope: scopeOf(store, parent.user, wanted),
    methods,
    expiresAt: new Date(parent.row.expires_at),
    parentAuditId: audits.at(-1) ?? '',
  };
}

async function userByPassword(store: Store, wanted: JsonObject): Promise<UserRow> {
  const user = findUser(store, wanted);
  const correct = await verifyPassword(requiredString(wanted, 'password', 4096), user?.password_hash);
  if (user === undefined || !correct || !canLogIn(store, user)) throw unauthorized();
  return user;
}

function canLogIn(store: Store, user: UserRow): boolean {
  return user.enabled === 1 && domainById(store, user.domain_id)?.enabled === 1;
}

function findUser(store: Store, wanted: JsonObject): UserRow | undefined {
  const id = optionalString(wanted, 'id');
  if (id !== undefined) return userById(store, id);
  const domain = findDomain(store, wanted.domain);
  return domain === undefined ? undefined : userByName(store, domain, requiredString(wanted, 'name'));
}

function findDomain(store: Store, wanted: unknown): string | undefined {
  if (!isObject(wanted)) throw badRequest('Expecting to find domain in user or project: its id or name.');
  const id = optionalString(wanted, 'id');
  if (id !== undefined) return domainById(store, id)?.id;
  return domainByName(store, requiredString(wanted, 'name'))?.id;
}

/** Where the new token counts. Without a wish: the user's default project, if the user has a role there, else unscoped. */
function scopeOf(store: Store, user: UserRow, wanted: unknown): Scope | undefined {
  if (wanted === undefined || wanted === null) {
    const id = user.default_project_id;
    if (id === null || effectiveRoles(store, user.id, 'project', id).length === 0) return undefined;
    return scopeIsEnabled(store, { type: 'project', id }) ? { type: 'project', id } : undefined;
  }
  if (wanted === 'unscoped' || (isObject(wanted) && 'unscoped' in wanted)) return undefined;
  if (!isObject(wanted)) throw badRequest('auth.scope must be an object.');
  const scope = explicitScope(store, wanted);
  if (
    scope === undefined ||
    !scopeIsEnabled(store, scope) ||
    effectiveRoles(store, user.id, scope.type, scope.id).length === 0
  )
    throw unauthorized();
  return scope;
}

function explicitScope(store: Store, wanted: JsonObject): Scope | undefined {
  if (isObject(wanted.system)) return { type: 'system', id: 'all' };
  if (isObject(wanted.domain)) {
    const id = findDomain(store, wanted.domain);
    return id === undefined ? undefined : { type: 'domain', id };
  }
  if (!isObject(wanted.project)) throw badRequest('Expecting to find project, domain or system in auth.scope.');
  const id = optionalString(wanted.project, 'id');
  const project = id === undefined ? projectInDomain(store, wanted.project) : projectById(store, id);
  return project === undefined ? undefined : { type: 'project', id: project.id };
}

function projectInDomain(store: Store, wanted: JsonObject): ReturnType<typeof projectByName> {
  const domain = findDomain(store, wanted.domain);
  return domain === undefined ? undefined : projectByName(store, domain, requiredString(wanted, 'name'));
}

async function byApplicationCredential(store: Store, wanted: JsonObject, expiresAt: Date): Promise<NewToken> {
  const credential = findCredential(store, wanted);
  const correct = await verifyPassword(requiredString(wanted, 'secret', 4096), credential?.secret_hash);
  const user = credential === undefined ? undefined : userById(store, credential.user_id);
  if (credential === undefined || user === undefined || !correct || isExpired(credential) || !canLogIn(store, user))
    throw unauthorized();
  const scope: Scope = { type: 'project', id: credential.project_id };
  const roles = credentialRoles(store, credential, effectiveRoles(store, user.id, 'project', scope.id));
  if (!scopeIsEnabled(store, scope) || roles === undefined) throw unauthorized();
  const end = credential.expires_at === null ? expiresAt : new Date(credential.expires_at);
  return {
    userId: user.id,
    scope,
    methods: ['application_credential'],
    expiresAt: end < expiresAt ? end : expiresAt,
    applicationCredentialId: credential.id,
  };
}

function findCredential(store: Store, wanted: JsonObject): ApplicationCredentialRow | undefined {
  const id = optionalString(wanted, 'id');
  if (id !== undefined) {
    const known = store.get<ApplicationCredentialRow>('select * from application_credential where id = ?', id);
    if (known === undefined) throw notFound(`Could not find Application Credential: ${id}.`);
    return known;
  }
  const user = findUser(store, bodyObject(wanted, 'user'));
  return store.get<ApplicationCredentialRow>(
    'select * from application_credential where user_id = ? and name = ?',
    user?.id ?? '',
    requiredString(wanted, 'name'),
  );
}
