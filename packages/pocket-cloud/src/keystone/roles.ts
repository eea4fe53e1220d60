import type { Store } from '../store/index.ts';
import { allRoles, type RoleRow, type TargetType } from './rows.ts';

/** Source: keystone bootstrap: admin implies manager and member, member implies reader. */
const implied: Readonly<Record<string, readonly string[]>> = {
  admin: ['manager', 'member', 'reader'],
  manager: ['member', 'reader'],
  member: ['reader'],
};

/** The roles a user has on a target, implied ones included, ordered by name. */
export function effectiveRoles(store: Store, userId: string, type: TargetType, targetId: string): RoleRow[] {
  const direct = store.all<RoleRow>(
    `select role.* from role join role_assignment on role_id = role.id
     where user_id = ? and target_type = ? and target_id = ?`,
    userId,
    type,
    targetId,
  );
  return withImplied(store, direct);
}

export function withImplied(store: Store, roles: readonly RoleRow[]): RoleRow[] {
  const names = new Set(roles.flatMap((role) => [role.name, ...(implied[role.name] ?? [])]));
  return allRoles(store).filter((role) => names.has(role.name));
}
