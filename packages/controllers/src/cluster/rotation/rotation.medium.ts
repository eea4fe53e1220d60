import type { Cluster, ObservedRotation, RotationPhase } from '@matryoshka/domain';
import { rotationActions } from '@matryoshka/domain';
import {
  buildKubeconfig,
  createKubeClient,
  isConflict,
  type KubeClient,
  type KubeObject,
  type ObjectRef,
  parseKubeconfig,
} from '@matryoshka/kube';
import { startTestApiServer, type TestApiServer } from '@matryoshka/testkit';
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import { clusterFixture } from '../../testing/fixtures.ts';
import { playKamajiKeys } from '../../testing/kamaji-keys.ts';
import { installDefinitions } from '../../testing/upstream.ts';
import type { ClusterContext } from '../context.ts';
import { forgetKeys, publishAuthority, renewCertificates, rotate } from './apply.ts';
import { clusterInfo, gatherRotation } from './gather.ts';
import { certificatesOf, fingerprintOf } from './pem.ts';
import { dataOf } from './secrets.ts';

// The API server is real and holds the Secrets; of Kamaji only what it does with keys is played, and the cluster's own API is the same server.

class Crash extends Error {}
let server: TestApiServer;
let client: KubeClient;
let cluster: Cluster;
let ids = 0;
let changes = 0;
let crashAt = Number.POSITIVE_INFINITY;
let writes: string[] = [];
const signal = new AbortController().signal;

beforeAll(async () => {
  server = await startTestApiServer();
  client = createKubeClient(server.connection);
  await installDefinitions(client);
});
afterAll(async () => {
  await client?.close();
  await server?.stop();
});
beforeEach(async () => await begin());

/** A control plane with keys, as it is before a rotation. */
async function begin(): Promise<void> {
  cluster = clusterFixture({ id: `c-r${String(ids++).padStart(9, '0')}` });
  [changes, crashAt, writes] = [0, Number.POSITIVE_INFINITY, []];
  await client.create({ apiVersion: 'v1', kind: 'Namespace', metadata: { name: cluster.id } });
  await client.apply(tenantControlPlane(), { fieldManager: 'kamaji' });
  await playKamajiKeys(client, cluster.id, false);
  const [authority] = await trusted();
  const kubeconfig = JSON.stringify(
    buildKubeconfig({ name: '', connection: { server: 'https://192.0.2.1', ca: authority?.toString() ?? '' } }),
  );
  await client.apply(
    {
      ...{ apiVersion: 'v1', kind: 'ConfigMap' },
      metadata: { name: clusterInfo.name, namespace: clusterInfo.namespace },
      data: { kubeconfig },
    },
    { fieldManager: 'kamaji', force: true },
  );
}

const tenantControlPlane = (): KubeObject => ({
  ...{ apiVersion: 'kamaji.clastix.io/v1alpha1', kind: 'TenantControlPlane' },
  metadata: { name: cluster.id, namespace: cluster.id },
  spec: {
    controlPlane: { deployment: { replicas: 2 }, service: { serviceType: 'LoadBalancer' } },
    kubernetes: { version: 'v1.36.3', kubelet: { cgroupfs: 'systemd' } },
    networkProfile: { port: 6443 },
    addons: {},
  },
});

async function secret(suffix: string): Promise<KubeObject | undefined> {
  return await client.find({
    apiVersion: 'v1',
    kind: 'Secret',
    name: `${cluster.id}-${suffix}`,
    namespace: cluster.id,
  });
}
const trusted = async () => certificatesOf(dataOf(await secret('ca'))['ca.crt'] ?? '');
const phase = (): RotationPhase | undefined => cluster.rotation?.phase;

async function observed(): Promise<ObservedRotation> {
  const query = { apiVersion: 'v1', kind: 'Secret', namespace: cluster.id };
  const { items } = await client.list<KubeObject>(query);
  const deployment = await client.find({
    apiVersion: 'apps/v1',
    kind: 'Deployment',
    name: cluster.id,
    namespace: cluster.id,
  });
  return await gatherRotation(cluster, { secrets: items, deployment, mixed: false, tenant: client }, signal);
}

/** One turn of a controller that dies before the change it was told to; answers what it would do. */
async function turn(): Promise<readonly string[]> {
  const management = createKubeClient(server.connection);
  management.transport.onRequest = ({ method, path }) => {
    if (method === 'GET') return;
    if (changes === crashAt) throw new Crash();
    changes += 1;
    writes.push(`${method} ${path}`);
  };
  const context = { management, now: () => new Date() } as ClusterContext;
  const plane = { rotation: await observed() } as Parameters<typeof rotationActions>[1];
  const actions = rotationActions(cluster, plane, { workers: true, addons: true });
  try {
    for (const action of actions) {
      if (action.type === 'rotate') await rotate(context, cluster, action.stage, signal);
      if (action.type === 'publishAuthority') await publishAuthority(context, cluster, management, signal);
      if (action.type === 'renewWorkers') cluster = { ...cluster, authority: action.authority };
      if (action.type === 'endRotation') {
        if (action.phase === null) await forgetKeys(context, cluster, signal);
        cluster = { ...cluster, rotation: action.phase === null ? null : { phase: action.phase, since: new Date() } };
      }
    }
  } catch (error) {
    if (!(error instanceof Crash)) throw error;
    crashAt = Number.POSITIVE_INFINITY;
  } finally {
    await management.close();
  }
  return actions.map(({ type }) => type);
}

async function becomes(wanted: RotationPhase | undefined): Promise<void> {
  for (let turns = 0; phase() !== wanted; turns += 1) {
    if (turns === 60) throw new Error(`not ${wanted} after 60 turns: ${JSON.stringify(await observed())}`);
    await turn();
    await playKamajiKeys(client, cluster.id, cluster.rotation !== null);
  }
}

async function start(wanted: 'preparing' | 'completing'): Promise<void> {
  cluster = { ...cluster, rotation: { phase: wanted, since: new Date() } };
  await becomes(wanted === 'preparing' ? 'prepared' : undefined);
}

const first = async (suffix: string, key: string): Promise<string> => {
  const text = dataOf(await secret(suffix))[key] ?? '';
  const pem = text.includes('-----BEGIN') ? text : (parseKubeconfig(text).cert ?? '');
  const issuers = await trusted();
  const issuer = issuers.find((one) => certificatesOf(pem)[0]?.verify(one.publicKey) === true);
  return issuer === undefined ? 'nobody trusted' : fingerprintOf(issuer);
};

test('both authorities are trusted between the steps, and only the new one after them', async () => {
  const [old] = await trusted();
  if (old === undefined) throw new Error('it has no authority');
  await start('preparing');
  const [one, two] = (await trusted()).map(fingerprintOf);
  expect(one).toBe(fingerprintOf(old));
  expect(two).toBe(cluster.authority);
  expect(await first('api-server-certificate', 'apiserver.crt'), 'the API still shows what everybody knows').toBe(one);
  const signer = certificatesOf(dataOf(await secret('signer'))['tls.crt'] ?? '');
  expect(signer.map(fingerprintOf), 'clients are signed by the new one').toEqual([two]);
  const tokens = dataOf(await secret('sa-certificate'))['sa.pub'] ?? '';
  expect(tokens.match(/BEGIN PUBLIC KEY/g)).toHaveLength(2);
  const known = parseKubeconfig(dataOf(await secret('admin-kubeconfig'))['super-admin.conf'] ?? '').ca ?? '';
  expect(certificatesOf(known).map(fingerprintOf)).toEqual([one, two]);
  writes = [];
  for (let turns = 0; turns < 3; turns += 1) expect(await turn()).toEqual([]);
  expect(writes).toEqual([]);

  await start('completing');
  expect((await trusted()).map(fingerprintOf)).toEqual([two]);
  for (const [suffix, key] of [
    ['api-server-certificate', 'apiserver.crt'],
    ['controller-manager-kubeconfig', 'controller-manager.conf'],
    ['admin-kubeconfig', 'super-admin.conf'],
    ['konnectivity-certificate', 'tls.crt'],
    ['konnectivity-kubeconfig', 'konnectivity-server.conf'],
  ] as const)
    expect(await first(suffix, key), suffix).toBe(two);
  expect(dataOf(await secret('sa-certificate'))['sa.pub']?.match(/BEGIN PUBLIC KEY/g)).toHaveLength(1);
  const announced = await client.get(clusterInfo);
  const info = (announced as { readonly data?: { readonly kubeconfig?: string } }).data?.kubeconfig ?? '';
  expect(info).toContain(Buffer.from(`${dataOf(await secret('ca'))['ca.crt']}`).toString('base64'));
  expect(await secret('rotation'), 'the old keys are forgotten').toBeUndefined();
});

test('whenever the controller dies, a rotation ends as it should, with one new authority', async () => {
  for (let nth = 0; ; nth += 1) {
    await begin();
    crashAt = nth;
    await start('preparing');
    const made = cluster.authority;
    await start('completing');
    expect((await trusted()).map(fingerprintOf), `crash before change ${nth}`).toEqual([made]);
    expect(await secret('rotation')).toBeUndefined();
    if (crashAt === nth) {
      expect(nth, 'there was something to crash before').toBeGreaterThan(15);
      return;
    }
  }
}, 600_000);

test('a kubeconfig that Kamaji has just written is not lost to an older one', async () => {
  await start('preparing');
  const admin = { apiVersion: 'v1', kind: 'Secret', name: `${cluster.id}-admin-kubeconfig`, namespace: cluster.id };
  await client.patch(admin, { data: dataWithoutAuthority(await client.get(admin)) }, { type: 'merge' });
  // Somebody writes between the reading and the writing.
  const stale = await client.get(admin);
  await client.patch(admin, { metadata: { annotations: { by: 'kamaji' } } }, { type: 'merge' });
  const context = {
    management: {
      ...client,
      find: async (ref: ObjectRef) => (ref.name === admin.name ? stale : await client.find(ref)),
    },
    now: () => new Date(),
  } as unknown as ClusterContext;
  const refused = await publishAuthority(context, cluster, client, signal).catch((error: unknown) => error);
  expect(isConflict(refused)).toBe(true);
});

const dataWithoutAuthority = (found: KubeObject): Record<string, string> =>
  Object.fromEntries(
    Object.entries(dataOf(found)).map(([key, text]) => [
      key,
      Buffer.from(
        text.replace(/"?certificate-authority-data"?: ?"?[^",}\s]+"?/, '"certificate-authority-data": ""'),
      ).toString('base64'),
    ]),
  );

test('certificates that are to be renewed are deleted, and gone ones do not matter', async () => {
  const context = { management: client, now: () => new Date() } as ClusterContext;
  const names = ['api-server-certificate', 'scheduler-kubeconfig', 'nothing'].map(
    (suffix) => `${cluster.id}-${suffix}`,
  );
  await renewCertificates(context, cluster, names, signal);
  expect(await secret('api-server-certificate')).toBeUndefined();
  expect(await secret('ca')).toBeDefined();
});
