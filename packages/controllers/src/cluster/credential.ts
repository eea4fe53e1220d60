import { randomBytes } from 'node:crypto';
import type { Cluster } from '@matryoshka/domain';
import { type Cloud, grantRoles, isOpenStackError, memberRoles } from '@matryoshka/openstack';
import type { ClusterContext } from './context.ts';
import type { Credential } from './manifests/input.ts';

/** What is stored of the cluster's service user and of its application credential; `id` is known once Keystone made it. */
interface StoredUser {
  readonly id?: string;
  readonly password: string;
}
interface StoredCredential {
  readonly id?: string;
  readonly secret: string;
}

/** Name of the service user in OpenStack that owns the application credential of a cluster; both have the same name. */
export const credentialName = (clusterId: string): string => `matryoshka-${clusterId}`;

const newSecret = (): string => randomBytes(32).toString('base64url');

/** The credential as stored, when it is complete. */
export async function storedCredential(context: ClusterContext, clusterId: string): Promise<Credential | undefined> {
  const text = await context.store.secret(clusterId, 'application-credential');
  if (text === undefined) return undefined;
  const stored = JSON.parse(text) as StoredCredential;
  return stored.id === undefined ? undefined : { id: stored.id, secret: stored.secret };
}

/**
 * Makes the service user, its roles on the customer's project and its application credential. Passwords and secrets are stored before
 * Keystone hears of them, so that a crash at any point is repaired by the next run and nothing is ever made twice.
 */
export async function ensureCredential(context: ClusterContext, cluster: Cluster, signal: AbortSignal): Promise<void> {
  const user = await ensureUser(context, cluster, signal);
  await ensureRoles(context, cluster, user.id, signal);
  const session = await loginAs(context, cluster, user, signal);
  const credentials = session.keystone.applicationCredentials(user.id);
  const name = credentialName(cluster.id);
  const stored = await ensureStored<StoredCredential>(context, cluster, 'application-credential', () => ({
    secret: newSecret(),
  }));
  const found = (await credentials.list({ name }, signal)).find((candidate) => candidate.name === name);
  if (found !== undefined && (stored.id === undefined || stored.id === found.id)) {
    await context.store.saveSecret(cluster, 'application-credential', JSON.stringify({ ...stored, id: found.id }));
    return;
  }
  // One of the same name that is not ours to use: its secret is unknown.
  if (found !== undefined) await credentials.delete(found.id, signal);
  const description = `Kubernetes cluster ${cluster.name} (${cluster.id}), made by Matryoshka`;
  const made = await credentials.create({ name, secret: stored.secret, description }, signal);
  await context.store.saveSecret(cluster, 'application-credential', JSON.stringify({ ...stored, id: made.id }));
}

/** Deletes the application credential with its service user. */
export async function deleteCredential(context: ClusterContext, clusterId: string, signal: AbortSignal): Promise<void> {
  const user = await findUser(context.cloud, clusterId, signal);
  if (user !== undefined) await context.cloud.keystone.users.delete(user.id, signal);
}

/** The credential as Keystone has it. */
export async function findCredential(
  context: ClusterContext,
  clusterId: string,
  signal: AbortSignal,
): Promise<{ readonly id: string } | undefined> {
  const user = await findUser(context.cloud, clusterId, signal);
  if (user === undefined) return undefined;
  const name = credentialName(clusterId);
  const list = await context.cloud.keystone.applicationCredentials(user.id).list({ name }, signal);
  // A user without credential is a remainder too: it must be deleted all the same.
  return list.find((candidate) => candidate.name === name) ?? { id: user.id };
}

async function findUser(cloud: Cloud, clusterId: string, signal: AbortSignal) {
  const name = credentialName(clusterId);
  const users = await cloud.keystone.users.list({ name }, signal);
  return users.find((user) => user.name === name);
}

async function ensureUser(
  context: ClusterContext,
  cluster: Cluster,
  signal: AbortSignal,
): Promise<{ readonly id: string; readonly password: string }> {
  const stored = await ensureStored<StoredUser>(context, cluster, 'openstack-user', () => ({ password: newSecret() }));
  const found = await findUser(context.cloud, cluster.id, signal);
  const user =
    found ??
    (await context.cloud.keystone.users.create(
      { name: credentialName(cluster.id), domain_id: 'default', password: stored.password, enabled: true },
      signal,
    ));
  return { id: user.id, password: stored.password };
}

async function ensureRoles(
  context: ClusterContext,
  cluster: Cluster,
  userId: string,
  signal: AbortSignal,
): Promise<void> {
  await grantRoles(context.cloud.keystone, { projectId: cluster.projectId, userId }, memberRoles, signal);
}

async function loginAs(
  context: ClusterContext,
  cluster: Cluster,
  user: { readonly id: string; readonly password: string },
  signal: AbortSignal,
): Promise<Cloud> {
  const login = (): Cloud =>
    context.connect({
      method: 'password',
      user: { id: user.id },
      password: user.password,
      scope: { project: { id: cluster.projectId } },
    });
  const cloud = login();
  try {
    await cloud.session.token(signal);
    return cloud;
  } catch (error) {
    if (!isOpenStackError(error, 401)) throw error;
  }
  // The user is from an earlier life of this name: give it the password we know.
  await context.cloud.keystone.users.update(user.id, { password: user.password }, signal);
  const again = login();
  await again.session.token(signal);
  return again;
}

async function ensureStored<T>(
  context: ClusterContext,
  cluster: Cluster,
  kind: 'openstack-user' | 'application-credential',
  make: () => T,
): Promise<T> {
  const text = await context.store.secret(cluster.id, kind);
  if (text !== undefined) return JSON.parse(text) as T;
  const value = make();
  await context.store.saveSecret(cluster, kind, JSON.stringify(value));
  return value;
}
