import { TypedError } from '@matryoshka/system';
import type { CreateProject, Keystone } from './keystone.ts';
import type { Project } from './types.ts';

/** The project of that name, made when it is missing. */
export async function ensureProject(keystone: Keystone, wanted: CreateProject, signal?: AbortSignal): Promise<Project> {
  const list = await keystone.projects.list({ name: wanted.name }, signal);
  return list.find(({ name }) => name === wanted.name) ?? (await keystone.projects.create(wanted, signal));
}

/** What lets a user make servers and load balancers; clouds that protect Octavia by a role of its own have the second one, others let members use it. */
export const memberRoles = ['member', 'load-balancer_member'] as const;

/**
 * Gives a user roles in a project; doing it again changes nothing. The first role must exist, the others are given where the cloud has them.
 * Throws TypedError `role_missing`.
 */
export async function grantRoles(
  keystone: Keystone,
  member: { readonly projectId: string; readonly userId: string },
  [first, ...others]: readonly [string, ...string[]],
  signal?: AbortSignal,
): Promise<void> {
  const roles = await keystone.roles.list({}, signal);
  const needed = roles.find(({ name }) => name === first);
  if (needed === undefined)
    throw new TypedError(`Keystone has no role ${first}`, {
      code: 'role_missing',
      next: `Run as the cloud's administrator: openstack role create ${first}`,
    });
  for (const { id } of [needed, ...roles.filter(({ name }) => others.includes(name))])
    await keystone.grantProjectRole(member.projectId, member.userId, id, signal);
}
