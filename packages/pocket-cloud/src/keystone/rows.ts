import type { Store } from '../store/index.ts';

export interface DomainRow {
  readonly id: string;
  readonly name: string;
  readonly description: string;
  readonly enabled: number;
}

export interface ProjectRow {
  readonly id: string;
  readonly domain_id: string;
  readonly name: string;
  readonly description: string;
  readonly enabled: number;
  readonly parent_id: string | null;
  readonly tags: string;
}

export interface UserRow {
  readonly id: string;
  readonly domain_id: string;
  readonly name: string;
  readonly password_hash: string | null;
  readonly description: string | null;
  readonly email: string | null;
  readonly enabled: number;
  readonly default_project_id: string | null;
}

export interface RoleRow {
  readonly id: string;
  readonly name: string;
  readonly description: string | null;
}

export type TargetType = 'project' | 'domain' | 'system';

export interface AssignmentRow {
  readonly role_id: string;
  readonly user_id: string;
  readonly target_type: TargetType;
  readonly target_id: string;
}

export interface ApplicationCredentialRow {
  readonly id: string;
  readonly user_id: string;
  readonly project_id: string;
  readonly name: string;
  readonly description: string | null;
  readonly secret_hash: string;
  /** JSON array. */
  readonly role_ids: string;
  readonly unrestricted: number;
  readonly expires_at: string | null;
  /** JSON array or null. */
  readonly access_rules: string | null;
}

export interface TokenRow {
  readonly hash: string;
  readonly user_id: string;
  readonly scope_type: TargetType | null;
  readonly scope_id: string | null;
  readonly methods: string;
  readonly audit_ids: string;
  readonly issued_at: string;
  readonly expires_at: string;
  readonly application_credential_id: string | null;
}

export const domainById = (store: Store, id: string): DomainRow | undefined =>
  store.get<DomainRow>('select * from domain where id = ?', id);
export const domainByName = (store: Store, name: string): DomainRow | undefined =>
  store.get<DomainRow>('select * from domain where name = ?', name);
export const projectById = (store: Store, id: string): ProjectRow | undefined =>
  store.get<ProjectRow>('select * from project where id = ?', id);
export const projectByName = (store: Store, domainId: string, name: string): ProjectRow | undefined =>
  store.get<ProjectRow>('select * from project where domain_id = ? and name = ?', domainId, name);
export const userById = (store: Store, id: string): UserRow | undefined =>
  store.get<UserRow>('select * from user where id = ?', id);
export const userByName = (store: Store, domainId: string, name: string): UserRow | undefined =>
  store.get<UserRow>('select * from user where domain_id = ? and name = ?', domainId, name);
export const allRoles = (store: Store): RoleRow[] => store.all<RoleRow>('select * from role order by name');
export const roleById = (store: Store, id: string): RoleRow | undefined =>
  store.get<RoleRow>('select * from role where id = ?', id);
