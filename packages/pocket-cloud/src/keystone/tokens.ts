import { randomBytes } from 'node:crypto';
import type { PocketCloudConfig } from '../config.ts';
import type { Caller } from '../http/index.ts';
import { microTimestamp, type Store } from '../store/index.ts';
import { tokenCatalog } from './catalog.ts';
import { hashToken } from './passwords.ts';
import { effectiveRoles, withImplied } from './roles.ts';
import {
  type ApplicationCredentialRow,
  domainById,
  projectById,
  type RoleRow,
  type TargetType,
  type TokenRow,
  type UserRow,
  userById,
} from './rows.ts';

export interface Scope {
  readonly type: TargetType;
  readonly id: string;
}

export interface NewToken {
  readonly userId: string;
  readonly scope: Scope | undefined;
  readonly methods: readonly string[];
  /** A token made from a token never outlives it. */
  readonly expiresAt: Date;
  readonly parentAuditId?: string;
  readonly applicationCredentialId?: string;
}

/** Stores a new token and returns its id, which is kept nowhere. */
export function issueToken(store: Store, token: NewToken): string {
  const tokenId = `gAAAAA${randomBytes(48).toString('base64url')}`;
  const auditIds = [randomBytes(16).toString('base64url'), ...(token.parentAuditId ? [token.parentAuditId] : [])];
  store.run(
    'insert into token values (?, ?, ?, ?, ?, ?, ?, ?, ?)',
    hashToken(tokenId),
    token.userId,
    token.scope?.type ?? null,
    token.scope?.id ?? null,
    JSON.stringify(token.methods),
    JSON.stringify(auditIds),
    microTimestamp(),
    microTimestamp(token.expiresAt),
    token.applicationCredentialId ?? null,
  );
  return tokenId;
}

export interface ValidToken {
  readonly row: TokenRow;
  readonly user: UserRow;
  readonly roles: readonly RoleRow[];
  readonly credential: ApplicationCredentialRow | undefined;
}

/** The token if it counts *now*: not expired or revoked, its user, project and roles still there and enabled. */
export function findToken(store: Store, tokenId: string, now: Date = new Date()): ValidToken | undefined {
  const row = store.get<TokenRow>('select * from token where hash = ?', hashToken(tokenId));
  if (row === undefined || row.expires_at <= microTimestamp(now)) return undefined;
  const user = userById(store, row.user_id);
  if (user === undefined || user.enabled === 0 || domainById(store, user.domain_id)?.enabled !== 1) return undefined;
  const credential =
    row.application_credential_id === null
      ? undefined
      : store.get<ApplicationCredentialRow>(
          'select * from application_credential where id = ?',
          row.application_credential_id,
        );
  if (credential !== undefined && isExpired(credential, now)) return undefined;
  if (row.scope_type === null || row.scope_id === null) return { row, user, roles: [], credential };
  if (!scopeIsEnabled(store, { type: row.scope_type, id: row.scope_id })) return undefined;
  const all = effectiveRoles(store, user.id, row.scope_type, row.scope_id);
  const roles = credential === undefined ? all : credentialRoles(store, credential, all);
  return roles === undefined || roles.length === 0 ? undefined : { row, user, roles, credential };
}

/** The roles an application credential gives, or undefined when its user lost one of them. */
export function credentialRoles(
  store: Store,
  credential: ApplicationCredentialRow,
  userRoles: readonly RoleRow[],
): RoleRow[] | undefined {
  const wanted = JSON.parse(credential.role_ids) as string[];
  const own = userRoles.filter((role) => wanted.includes(role.id));
  return own.length === wanted.length ? withImplied(store, own) : undefined;
}

export function isExpired(credential: ApplicationCredentialRow, now: Date = new Date()): boolean {
  return credential.expires_at !== null && credential.expires_at <= microTimestamp(now);
}

export function scopeIsEnabled(store: Store, scope: Scope): boolean {
  if (scope.type === 'system') return true;
  if (scope.type === 'domain') return domainById(store, scope.id)?.enabled === 1;
  const project = projectById(store, scope.id);
  return project !== undefined && project.enabled === 1 && domainById(store, project.domain_id)?.enabled === 1;
}

export function callerOf(store: Store, tokenId: string, token: ValidToken): Caller {
  const project = token.row.scope_type === 'project' ? projectById(store, token.row.scope_id ?? '') : undefined;
  const roles = token.roles.map((role) => role.name);
  return {
    tokenId,
    userId: token.user.id,
    userName: token.user.name,
    projectId: project?.id ?? '',
    projectName: project?.name ?? '',
    domainId: token.row.scope_type === 'domain' ? (token.row.scope_id ?? undefined) : undefined,
    roles,
    isAdmin: roles.includes('admin'),
    applicationCredentialId: token.credential?.id,
  };
}

/** The `token` object of GET and POST /v3/auth/tokens. Source: Identity API v3 reference. */
export function tokenBody(store: Store, config: PocketCloudConfig, token: ValidToken, withCatalog: boolean): unknown {
  const { row, user } = token;
  const domain = (id: string): unknown => ({ id, name: domainById(store, id)?.name ?? id });
  const project = row.scope_type === 'project' ? projectById(store, row.scope_id ?? '') : undefined;
  return {
    methods: JSON.parse(row.methods),
    user: { id: user.id, name: user.name, domain: domain(user.domain_id), password_expires_at: null },
    audit_ids: JSON.parse(row.audit_ids),
    issued_at: row.issued_at,
    expires_at: row.expires_at,
    ...(project === undefined
      ? {}
      : {
          project: { id: project.id, name: project.name, domain: domain(project.domain_id) },
          is_domain: false,
        }),
    ...(row.scope_type === 'domain' ? { domain: domain(row.scope_id ?? '') } : {}),
    ...(row.scope_type === 'system' ? { system: { all: true } } : {}),
    ...(row.scope_type === null
      ? {}
      : {
          roles: token.roles.map(({ id, name }) => ({ id, name })),
          ...(withCatalog ? { catalog: tokenCatalog(config, project?.id) } : {}),
        }),
    ...(token.credential === undefined
      ? {}
      : {
          application_credential: {
            id: token.credential.id,
            name: token.credential.name,
            restricted: token.credential.unrestricted === 0,
          },
        }),
  };
}
