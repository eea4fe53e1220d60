import { randomBytes } from 'node:crypto';
import type { Cluster, ObservedCredential } from '@matryoshka/domain';
import { type Cloud, grantRoles, isOpenStackError, memberRoles } from '@matryoshka/openstack';
import type { ClusterContext } from './context.ts';
import { madeOnRequest } from './made-on-request.ts';
import type { Credential } from './manifests/input.ts';

/** What is stored of the cluster's service user and of its application credential; `id` is known once Keystone made it. */
interface StoredUser {
  readonly id?: string;
  readonly password: string;
}
interface StoredCredential {
  readonly id?: string;
  readonly secret: string;
  /** Absent in the first one of a cluster, which has the name of its user. */
  readonly name?: string;
  /** ISO 8601; absent in those that are older than this. */
  readonly madeAt?: string;
  /** The one that takes its place, stored before Keystone hears of it. */
  readonly next?: { readonly secret: string; readonly name: string; readonly madeAt: string };
}

/** Name of the service user in OpenStack that owns the application credentials of a cluster; the first of them has the same name. */
export const credentialName = (clusterId: string): string => `matryoshka-${clusterId}`;

const newSecret = (): string => randomBytes(32).toString('base64url');

/** The credential as stored, when it is complete. */
export async function storedCredential(context: ClusterContext, clusterId: string): Promise<Credential | undefined> {
  const stored = await readStored(context, clusterId);
  return stored?.id === undefined ? undefined : { id: stored.id, secret: stored.secret };
}

async function readStored({ store }: ClusterContext, clusterId: string): Promise<StoredCredential | undefined> {
  const text = await store.secret(clusterId, 'application-credential');
  return text === undefined ? undefined : (JSON.parse(text) as StoredCredential);
}

/**
 * Makes the service user, its roles on the customer's project and its application credential. Passwords and secrets are stored before
 * Keystone hears of them, so that a crash at any point is repaired by the next run and nothing is ever made twice.
 */
export async function ensureCredential(context: ClusterContext, cluster: Cluster, signal: AbortSignal): Promise<void> {
  const credentials = await credentialsOf(context, cluster, signal);
  const stored = await ensureStored<StoredCredential>(context, cluster, 'application-credential', () => ({
    secret: newSecret(),
    madeAt: context.now().toISOString(),
  }));
  const name = stored.name ?? credentialName(cluster.id);
  const found = (await credentials.list({ name }, signal)).find((candidate) => candidate.name === name);
  if (found !== undefined && (stored.id === undefined || stored.id === found.id)) {
    await context.store.saveSecret(cluster, 'application-credential', JSON.stringify({ ...stored, id: found.id }));
    return;
  }
  // One of the same name that is not ours to use: its secret is unknown.
  if (found !== undefined) await credentials.delete(found.id, signal);
  const made = await credentials.create({ name, secret: stored.secret, description: descriptionOf(cluster) }, signal);
  await context.store.saveSecret(cluster, 'application-credential', JSON.stringify({ ...stored, id: made.id }));
}

/** Makes another credential and stores it as the one to use; the one from before stays until {@link deleteSuperseded}. Does nothing when it was made since the owner asked. */
export async function renewCredential(context: ClusterContext, cluster: Cluster, signal: AbortSignal): Promise<void> {
  const stored = await readStored(context, cluster.id);
  const limit = cluster.credentialBefore?.getTime() ?? 0;
  if (stored?.id === undefined || Date.parse(stored.madeAt ?? '1970-01-01') >= limit) return;
  const credentials = await credentialsOf(context, cluster, signal);
  const next = stored.next ?? {
    secret: newSecret(),
    name: `${credentialName(cluster.id)}-${randomBytes(4).toString('hex')}`,
    madeAt: madeOnRequest(context, cluster.credentialBefore).toISOString(),
  };
  const save = async (value: StoredCredential): Promise<void> =>
    await context.store.saveSecret(cluster, 'application-credential', JSON.stringify(value));
  if (stored.next === undefined) await save({ ...stored, next });
  const { name, secret } = next;
  const found = (await credentials.list({ name }, signal)).find((candidate) => candidate.name === name);
  const { id } = found ?? (await credentials.create({ name, secret, description: descriptionOf(cluster) }, signal));
  await save({ ...next, id });
}

/** Deletes all credentials of the cluster's user but the one in use: nobody else has that user. */
export async function deleteSuperseded(context: ClusterContext, cluster: Cluster, signal: AbortSignal): Promise<void> {
  const stored = await readStored(context, cluster.id);
  if (stored?.id === undefined) return;
  const credentials = await credentialsOf(context, cluster, signal);
  const all = await credentials.list({}, signal);
  // One that is not listed is not the one in use either: nothing that works is taken for a remainder.
  if (!all.some(({ id }) => id === stored.id)) return;
  for (const { id } of all) if (id !== stored.id) await credentials.delete(id, signal);
}

const descriptionOf = ({ name, id }: Cluster): string => `Kubernetes cluster ${name} (${id}), made by Matryoshka`;

/** The application credentials of the cluster's service user, as that user. */
async function credentialsOf(context: ClusterContext, cluster: Cluster, signal: AbortSignal) {
  const user = await ensureUser(context, cluster, signal);
  await ensureRoles(context, cluster, user.id, signal);
  const session = await loginAs(context, cluster, user, signal);
  return session.keystone.applicationCredentials(user.id);
}

/** Deletes the application credential with its service user. */
export async function deleteCredential(context: ClusterContext, clusterId: string, signal: AbortSignal): Promise<void> {
  const user = await findUser(context.cloud, clusterId, signal);
  if (user !== undefined) await context.cloud.keystone.users.delete(user.id, signal);
}

/** The credentials of a cluster, as Keystone has them; `handedOver` says whether whatever runs for it was started with the one in use. Undefined: there is not even a user. */
export async function gatherCredentials(
  context: ClusterContext,
  clusterId: string,
  handedOver: () => Promise<boolean>,
  signal: AbortSignal,
): Promise<ObservedCredential | undefined> {
  const user = await findUser(context.cloud, clusterId, signal);
  if (user === undefined) return undefined;
  const [all, stored] = await Promise.all([
    context.cloud.keystone.applicationCredentials(user.id).list({}, signal),
    readStored(context, clusterId),
  ]);
  const used = all.find(({ id }) => id === stored?.id);
  const superseded = used === undefined ? 0 : all.length - 1;
  return {
    // A user without credential is a remainder too: it must be deleted all the same.
    id: used?.id ?? all[0]?.id ?? user.id,
    secretStored: used !== undefined,
    madeAt: stored?.madeAt === undefined ? null : new Date(stored.madeAt),
    superseded,
    handedOver: superseded === 0 || (await handedOver()),
  };
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
