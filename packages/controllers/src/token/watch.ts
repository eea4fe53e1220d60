import { type Role, roleFromKeystone, rolesUpTo } from '@matryoshka/domain';
import { type Cloud, isOpenStackError, type User } from '@matryoshka/openstack';
import type { Logger } from '@matryoshka/system';
import { periodically } from '../periodically.ts';

interface Maker {
  readonly userId: string;
  readonly userName: string;
  readonly projectId: string;
}

/** Where the tokens for programs are. */
export interface TokenStore {
  /** Who has tokens that can still be used, once per project. */
  makers(): Promise<readonly Maker[]>;
  /** Ends the maker's tokens of other roles; answers their ids. */
  revokeBeyond(
    maker: Maker,
    why: { readonly allowed: readonly Role[]; readonly reason: string },
  ): Promise<readonly string[]>;
}

interface WatchOptions {
  readonly log: Logger;
  readonly signal: AbortSignal;
}

/**
 * Ends tokens whose makers may not do any more what their tokens may. A token lives for months without a login behind it, so Keystone is asked as
 * its administrator. What cannot be read ends nothing.
 */
export async function watchTokens(cloud: Cloud, store: TokenStore, { log, signal }: WatchOptions): Promise<void> {
  const users = new Map<string, User | undefined>();
  for (const maker of await store.makers()) {
    const user = users.has(maker.userId) ? users.get(maker.userId) : await findUser(cloud, maker.userId, signal);
    users.set(maker.userId, user);
    const verdict = await judge(cloud, user, maker, signal);
    if (verdict === undefined) continue;
    const ids = await store.revokeBeyond(maker, verdict);
    if (ids.length > 0) log.info({ ...maker, ids, reason: verdict.reason }, 'tokens were revoked');
  }
}

async function findUser(cloud: Cloud, id: string, signal: AbortSignal): Promise<User | undefined> {
  try {
    return await cloud.keystone.users.get(id, signal);
  } catch (error) {
    if (isOpenStackError(error, 404)) return undefined;
    throw error;
  }
}

async function judge(
  cloud: Cloud,
  user: User | undefined,
  { userId, projectId }: Maker,
  signal: AbortSignal,
): Promise<{ readonly allowed: readonly Role[]; readonly reason: string } | undefined> {
  if (user === undefined) return { allowed: [], reason: 'the user is gone' };
  if (!user.enabled) return { allowed: [], reason: 'the user is disabled' };
  // Their groups, and with them their roles, exist while they are logged in only (Keystone, federated ephemeral users).
  if ((user.federated ?? []).length > 0) return undefined;
  const assignments = await cloud.keystone.listRoleAssignments({ userId, projectId, effective: true }, signal);
  const role = roleFromKeystone(assignments.map((assignment) => assignment.role.name ?? ''));
  return { allowed: rolesUpTo(role), reason: `the role is ${role ?? 'none'} now` };
}

/** Watches at once and then every interval until the signal aborts. */
export async function runTokenWatch(
  cloud: Cloud,
  store: TokenStore,
  { intervalMs, log, signal }: WatchOptions & { readonly intervalMs: number },
): Promise<void> {
  const failure = 'the makers of tokens could not be looked at';
  await periodically(
    { intervalMs, retryMs: intervalMs, failure, log, signal },
    async () => await watchTokens(cloud, store, { log, signal }),
  );
}
