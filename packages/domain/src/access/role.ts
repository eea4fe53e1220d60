/** Roles of the service in a project, from the smallest on. */
export const roles = ['viewer', 'operator', 'admin'] as const;
export type Role = (typeof roles)[number];

// Keystone's default roles (keystone bootstrap): admin implies manager implies member implies reader. A member is an admin here: whoever may
// create and delete servers, networks and application credentials of a project in OpenStack could do to a cluster's parts what we would
// refuse. No default role of Keystone lies between reading and that, so nobody becomes `operator` by a login; the role is there for
// tokens that are given less than their maker has.
const roleOf: Readonly<Record<string, Role>> = { admin: 'admin', manager: 'admin', member: 'admin', reader: 'viewer' };

/** Our role for somebody's Keystone roles in a project: the highest that one of them stands for; undefined when none does. */
export function roleFromKeystone(names: readonly string[]): Role | undefined {
  const found = names.map((name) => roleOf[name.toLowerCase()]).filter((role) => role !== undefined);
  return highestRole(found);
}

/** The highest of some roles. */
export function highestRole(some: readonly Role[]): Role | undefined {
  return [...some].sort((a, b) => roles.indexOf(b) - roles.indexOf(a))[0];
}

/** Roles that somebody with this one may give: none, where there is none. */
export function rolesUpTo(role: Role | undefined): readonly Role[] {
  return role === undefined ? [] : roles.slice(0, roles.indexOf(role) + 1);
}
