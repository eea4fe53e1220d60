import { storeQuotaManifests } from '@matryoshka/addons';
import { createKubeClient, isForbidden, type KubeClient, type KubeObject } from '@matryoshka/kube';
import { waitFor } from '@matryoshka/system';
import { startTestApiServer, type TestApiServer } from '@matryoshka/testkit';
import { afterAll, beforeAll, expect, it } from 'vitest';

let server: TestApiServer;
let admin: KubeClient;
/** Somebody who may everything in the cluster, as its owner does. */
let owner: KubeClient;
let controller: KubeClient;

beforeAll(async () => {
  server = await startTestApiServer();
  admin = createKubeClient(server.connection);
  const rbac = 'rbac.authorization.k8s.io';
  const subjects = ['ann', 'system:serviceaccount:kube-system:replicaset-controller'].map((name) => ({
    ...{ apiGroup: rbac, kind: 'User', name },
  }));
  const roleRef = { apiGroup: rbac, kind: 'ClusterRole', name: 'cluster-admin' };
  await admin.create({
    ...{ apiVersion: `${rbac}/v1`, kind: 'ClusterRoleBinding', metadata: { name: 'all' }, roleRef, subjects },
  } as KubeObject);
  const as = (user: string): KubeClient =>
    createKubeClient({ ...server.connection, impersonate: { user, groups: ['system:authenticated'] } });
  owner = as('ann');
  controller = as('system:serviceaccount:kube-system:replicaset-controller');
  await put(false);
});
afterAll(async () => {
  for (const client of [admin, owner, controller]) await client?.close();
  await server?.stop();
});

const put = async (frozen: boolean): Promise<void> => {
  for (const object of storeQuotaManifests({ frozen, quotaBytes: 2 ** 33 }))
    await admin.apply(object, { fieldManager: 'test', force: true });
};
const configMap = (name: string, more: object = {}): KubeObject =>
  ({ apiVersion: 'v1', kind: 'ConfigMap', metadata: { name, namespace: 'default', ...more }, data: {} }) as KubeObject;
const ref = (name: string) => ({ apiVersion: 'v1', kind: 'ConfigMap', name, namespace: 'default' });
/** In the words of the server; undefined when it did what it was asked for. */
const refusal = async (work: Promise<unknown>): Promise<string | undefined> => {
  try {
    await work;
    return undefined;
  } catch (error) {
    if (!isForbidden(error)) throw error;
    return (error as Error).message;
  }
};
let count = 0;
const tries = async (client: KubeClient): Promise<string | undefined> => {
  count += 1;
  return await refusal(client.create(configMap(`try-${count}`)));
};

it('is asked of nothing until a cluster has more than it may', async () => {
  expect(await tries(owner)).toBeUndefined();
  await owner.create(configMap('goes', { finalizers: ['example.org/wait'] }));
  await owner.create(configMap('stays'));
});

it('refuses what makes the store larger, and says why', async () => {
  await put(true);
  // A policy is heeded some moments after it was written.
  expect(await waitFor(async () => (await tries(owner)) !== undefined, { timeoutMs: 30_000 })).toBe(true);
  const why = /more than the 8 GiB it may have: delete objects/;
  expect(await tries(owner)).toMatch(why);
  expect(await refusal(owner.patch(ref('stays'), { data: { a: 'b' } }, { type: 'merge' }))).toMatch(why);
  const deployment = { apiVersion: 'apps/v1', kind: 'Deployment', metadata: { name: 'd', namespace: 'default' } };
  const labels = { app: 'd' };
  const template = { metadata: { labels }, spec: { containers: [{ name: 'x', image: 'x' }] } };
  const spec = { selector: { matchLabels: labels }, template };
  expect(await refusal(owner.create({ ...deployment, spec } as KubeObject))).toMatch(why);
});

it('lets people read and delete, and what runs go on', async () => {
  expect((await owner.get(ref('stays'))).metadata.name).toBe('stays');
  const lease = { apiVersion: 'coordination.k8s.io/v1', kind: 'Lease', metadata: { name: 'l', namespace: 'default' } };
  expect(await refusal(owner.create({ ...lease, spec: {} } as KubeObject)), 'leaders and heartbeats').toBeUndefined();
  const review = { apiVersion: 'authorization.k8s.io/v1', kind: 'SelfSubjectAccessReview', metadata: {} };
  const spec = { resourceAttributes: { verb: 'get', resource: 'pods' } };
  expect(await refusal(owner.create({ ...review, spec } as unknown as KubeObject)), 'questions').toBeUndefined();
  expect(await tries(controller), 'controllers of Kubernetes').toBeUndefined();
  expect(await tries(admin), 'the provider').toBeUndefined();
  expect(await owner.delete(ref('goes'))).toBe(true);
  expect(
    await refusal(owner.patch(ref('goes'), { metadata: { finalizers: null } }, { type: 'merge' })),
  ).toBeUndefined();
  expect(await owner.find(ref('goes'))).toBeUndefined();
});

it('is asked of nothing again afterwards', async () => {
  await put(false);
  expect(await waitFor(async () => (await tries(owner)) === undefined, { timeoutMs: 30_000 })).toBe(true);
});
