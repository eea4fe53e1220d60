import { controlPlanePodLabel } from '@matryoshka/addons';
import { defaultPoolSettings } from '@matryoshka/domain';
import { createKubeClient, type KubeClient, parseKubeconfig } from '@matryoshka/kube';
import { startTestApiServer, type TestApiServer } from '@matryoshka/testkit';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { clusterFixture } from '../testing/fixtures.ts';
import { installDefinitions, playTenantAddons } from '../testing/upstream.ts';
import { World } from '../testing/world.ts';
import { authenticationAnnotation } from './labels.ts';
import { authenticationName } from './manifests/authentication.ts';
import { at } from './read.ts';

let server: TestApiServer;
/** The test's own client: upstream controllers and assertions; never the one under test. */
let client: KubeClient;

beforeAll(async () => {
  server = await startTestApiServer();
  client = createKubeClient(server.connection);
  await installDefinitions(client);
  await playTenantAddons(client);
});
afterAll(async () => {
  await client?.close();
  await server?.stop();
});

const newWorld = (): World => new World(server, client);

let ids = 0;
const newId = (): string => `c-t${String(ids++).padStart(9, '0')}`;

const kinds = [
  ['v1', 'Secret'],
  ['apps/v1', 'Deployment'],
  ['cluster.x-k8s.io/v1beta2', 'Cluster'],
  ['cluster.x-k8s.io/v1beta2', 'MachineDeployment'],
  ['cluster.x-k8s.io/v1beta2', 'Machine'],
  ['controlplane.cluster.x-k8s.io/v1alpha1', 'KamajiControlPlane'],
  ['infrastructure.cluster.x-k8s.io/v1beta1', 'OpenStackCluster'],
  ['infrastructure.cluster.x-k8s.io/v1beta1', 'OpenStackMachineTemplate'],
  ['bootstrap.cluster.x-k8s.io/v1beta2', 'KubeadmConfigTemplate'],
  ['policy/v1', 'PodDisruptionBudget'],
] as const;

async function census(id: string): Promise<Readonly<Record<string, readonly string[]>>> {
  const entries = kinds.map(async ([apiVersion, kind]) => {
    const { items } = await client.list({ apiVersion, kind, namespace: id });
    return [kind, items.map(({ metadata }) => `${metadata.name}@${metadata.resourceVersion ?? ''}`)] as const;
  });
  return Object.fromEntries(await Promise.all(entries));
}

const counts = (found: Readonly<Record<string, readonly string[]>>): Readonly<Record<string, number>> =>
  Object.fromEntries(Object.entries(found).map(([kind, names]) => [kind, names.length]));

async function expectNothingLeft(world: World, id: string): Promise<void> {
  expect(world.cloud.users.size).toBe(0);
  expect(world.cloud.loadBalancers.size).toBe(0);
  expect(world.store.left).toEqual({ ledger: 0, secrets: 0 });
  expect(await client.find({ apiVersion: 'v1', kind: 'Namespace', name: id })).toBeUndefined();
  expect(Object.values(counts(await census(id))).every((count) => count === 0)).toBe(true);
}

const expectedStandard = {
  Secret: 4,
  Deployment: 3,
  Cluster: 1,
  MachineDeployment: 1,
  Machine: 2,
  KamajiControlPlane: 1,
  OpenStackCluster: 1,
  OpenStackMachineTemplate: 1,
  KubeadmConfigTemplate: 1,
  PodDisruptionBudget: 0,
};

test('a cluster becomes ready, a second run writes nothing, and deletion leaves nothing', async () => {
  const world = newWorld();
  const id = newId();
  await world.create(clusterFixture({ id }));
  expect(counts(await census(id))).toEqual(expectedStandard);
  expect([...world.cloud.users.values()].map((user) => user.credentials.size)).toEqual([1]);
  const stored = parseKubeconfig((await world.store.secret(id, 'kubeconfig')) ?? '');
  // The administrator's credentials stay in the management cluster.
  expect(stored).toEqual({ server: server.connection.server, ca: server.connection.ca });

  const before = await census(id);
  world.writes = [];
  await world.run(id);
  expect(world.writes).toEqual(['report']);
  expect(await census(id)).toEqual(before);

  await world.remove(id);
  await expectNothingLeft(world, id);
});

test('the tier changes both ways', async () => {
  const world = newWorld();
  const cluster = clusterFixture({ id: newId(), tier: 'ha' });
  await world.create(cluster);
  expect(counts(await census(cluster.id)).PodDisruptionBudget).toBe(1);
  await world.create({ ...cluster, tier: 'standard', generation: 2 });
  expect(counts(await census(cluster.id)).PodDisruptionBudget).toBe(0);
  const kcp = { apiVersion: 'controlplane.cluster.x-k8s.io/v1alpha1', kind: 'KamajiControlPlane' };
  expect(await client.get({ ...kcp, name: cluster.id, namespace: cluster.id })).toMatchObject({
    spec: { replicas: 1 },
  });
  await world.remove(cluster.id);
});

test('what somebody changes by hand is changed back', async () => {
  const world = newWorld();
  const id = newId();
  await world.create(clusterFixture({ id }));
  const ref = {
    apiVersion: 'cluster.x-k8s.io/v1beta2',
    kind: 'MachineDeployment',
    name: `${id}-workers`,
    namespace: id,
  };
  expect(world.store.drifts, 'what we change ourselves is none').toEqual([]);
  await client.patch(ref, { spec: { replicas: 7 } }, { type: 'merge', fieldManager: 'somebody' });
  await world.run(id);
  expect(await client.get(ref)).toMatchObject({ spec: { replicas: 2 } });
  const inCluster = { apiVersion: 'apps/v1', kind: 'DaemonSet', name: 'kube-proxy', namespace: 'kube-system' };
  await client.patch(
    inCluster,
    { metadata: { labels: { 'k8s-app': 'mine' } } },
    { type: 'merge', fieldManager: 'kubectl' },
  );
  await world.run(id);
  expect(world.store.drifts).toEqual([
    {
      where: 'management',
      kind: 'MachineDeployment',
      name: ref.name,
      namespace: id,
      fields: ['/spec/replicas'],
      by: 'somebody',
    },
    {
      where: 'cluster',
      kind: 'DaemonSet',
      name: 'kube-proxy',
      namespace: 'kube-system',
      fields: ['/metadata/labels/k8s-app'],
      by: 'kubectl',
    },
  ]);
  await world.remove(id);
});

test('pools come and go', async () => {
  const world = newWorld();
  const cluster = clusterFixture({ id: newId() });
  const more = {
    name: 'more',
    flavor: 'm1.small',
    count: 1,
    labels: { a: 'b' },
    taints: [],
    kubernetesVersion: 'v1.36.3',
    ...defaultPoolSettings,
  };
  await world.create(cluster);
  await world.create({ ...cluster, pools: [...cluster.pools, more], generation: 2 });
  expect(counts(await census(cluster.id))).toMatchObject({ MachineDeployment: 2, Machine: 3 });
  await world.create({ ...cluster, pools: [more], generation: 3 });
  expect(counts(await census(cluster.id))).toMatchObject({ MachineDeployment: 1, Machine: 1 });
  await world.remove(cluster.id);
  await expectNothingLeft(world, cluster.id);
});

test('another version of a pool is there when its machines have it, not when Cluster API was told', async () => {
  const world = newWorld();
  const cluster = clusterFixture({ id: newId() });
  await world.create(cluster);
  const versions = async (): Promise<readonly unknown[]> => {
    const query = { apiVersion: 'cluster.x-k8s.io/v1beta2', kind: 'Machine', namespace: cluster.id };
    return (await client.list(query)).items.map((machine) => at(machine, 'spec', 'version'));
  };
  const older = cluster.pools.map((pool) => ({ ...pool, kubernetesVersion: 'v1.35.4' }));
  const changed = { ...cluster, pools: older, generation: 2 };
  world.store.desire(changed);
  await world.run(cluster.id);
  // The status of the MachineDeployment still says that all is as it should be.
  expect(await versions()).toEqual(['v1.36.3', 'v1.36.3']);
  expect(world.store.plans.at(-1)).toMatchObject({ converged: false });
  expect(world.store.plans.at(-1)?.progress.find(({ name }) => name === 'workers')?.message).toBe(
    '2/2 workers ready, 2 to be replaced',
  );
  await world.create(changed);
  expect(await versions()).toEqual(['v1.35.4', 'v1.35.4']);
  expect((await world.store.load(cluster.id))?.kubernetesVersion).toBe('v1.36.3');
  await world.remove(cluster.id);
});

test('a new access epoch reaches every pod of the control plane, and each is told once', async () => {
  const world = newWorld();
  const cluster = clusterFixture({ id: newId() });
  await world.create(cluster);
  const namespace = cluster.id;
  const annotation = async (name: string): Promise<string | undefined> =>
    (await client.get({ apiVersion: 'v1', kind: 'Pod', name, namespace })).metadata.annotations?.[
      authenticationAnnotation
    ];
  const startPod = async (name: string): Promise<void> => {
    const labels = { [controlPlanePodLabel]: cluster.id };
    const deployment = await client.get({ apiVersion: 'apps/v1', kind: 'Deployment', name: namespace, namespace });
    const volumes = at(deployment, 'spec', 'template', 'spec', 'volumes');
    const spec = { containers: [{ name: 'kube-apiserver', image: 'kube-apiserver' }], volumes };
    const pod = { apiVersion: 'v1', kind: 'Pod', metadata: { name, namespace, labels }, spec };
    await client.apply(pod, { fieldManager: 'kamaji', force: true });
  };
  const rules = async (): Promise<string> => {
    const ref = { apiVersion: 'v1', kind: 'ConfigMap', name: authenticationName(cluster.id), namespace };
    return JSON.stringify(await client.get(ref));
  };
  await startPod('one');
  await world.run(cluster.id);
  const first = await annotation('one');
  expect(first).toBeDefined();
  expect(await rules()).toContain('claims.epoch >= 1.0');

  await startPod('two');
  await world.create({ ...cluster, accessEpoch: 2, generation: 2 });
  expect(await rules()).toContain('claims.epoch >= 2.0');
  const second = await annotation('one');
  expect(second).not.toBe(first);
  expect(await annotation('two')).toBe(second);
  world.writes = [];
  await world.run(cluster.id);
  expect(world.writes).toEqual(['report']);
  for (const name of ['one', 'two'])
    await client.delete({ apiVersion: 'v1', kind: 'Pod', name, namespace }, { gracePeriodSeconds: 0 });
  await world.remove(cluster.id);
});

test('a worker whose server failed is replaced', async () => {
  const world = newWorld();
  const cluster = clusterFixture({ id: newId() });
  await world.create(cluster);
  const namespace = cluster.id;
  const machines = { apiVersion: 'cluster.x-k8s.io/v1beta2', kind: 'Machine', namespace };
  const [machine] = (await client.list(machines)).items;
  const name = machine?.metadata.name ?? '';
  const failed = { apiVersion: 'infrastructure.cluster.x-k8s.io/v1alpha1', kind: 'OpenStackServer' };
  await client.apply(
    {
      ...failed,
      metadata: { name, namespace },
      spec: {
        flavor: 'm1.small',
        image: { id: '8f2a5c36-4f5c-4a52-9a9b-0d5f8c2d1e00' },
        ports: [{}],
        sshKeyName: '',
        identityRef: { name: 'clouds', cloudName: 'openstack' },
      },
    },
    { fieldManager: 'capo', force: true },
  );
  await client.patch(
    { ...failed, name, namespace },
    { status: { ready: false, instanceState: 'ERROR', instanceID: 'i' } },
    { type: 'merge', subresource: 'status' },
  );
  await world.run(cluster.id);
  const actions = world.store.plans.flatMap((plan) => plan.actions);
  const reason = expect.stringContaining('ERROR');
  expect(actions).toContainEqual({ type: 'replaceMachine', machine: name, reason });
  expect(await client.find({ ...machines, name })).toBeUndefined();
  await client.delete({ ...failed, name, namespace });
  await world.remove(cluster.id);
});

test('load balancers that the tenant left behind are removed before the ledger is empty', async () => {
  const world = newWorld();
  const cluster = clusterFixture({ id: newId() });
  await world.create(cluster);
  const name = `kube_service_${cluster.id}_default_hello`;
  world.cloud.loadBalancers.set('lb', { id: 'lb', name, project_id: cluster.projectId });
  await client.delete({
    apiVersion: 'v1',
    kind: 'Secret',
    name: `${cluster.id}-admin-kubeconfig`,
    namespace: cluster.id,
  });
  await world.remove(cluster.id);
  await expectNothingLeft(world, cluster.id);
});

/** A life in which the controller dies before its n-th change of the outside, and is started again undisturbed. */
async function liveWithCrash(crashAt: number): Promise<void> {
  const world = newWorld();
  const cluster = clusterFixture({ id: newId() });
  world.crashAt = crashAt;
  await world.create(cluster);
  expect(counts(await census(cluster.id)), `crash before change ${crashAt}`).toEqual(expectedStandard);
  expect([...world.cloud.users.values()].map((user) => user.credentials.size)).toEqual([1]);
  await world.remove(cluster.id);
  await expectNothingLeft(world, cluster.id);
  expect(world.crashes, `crash before change ${crashAt} never happened`).toBe(1);
}

test('a crash before any change of the outside converges to the same, without duplicates and leftovers', {
  timeout: 900_000,
}, async () => {
  const reference = newWorld();
  const id = newId();
  await reference.create(clusterFixture({ id }));
  expect(reference.changes).toBeGreaterThan(20);
  await reference.remove(id);
  // A read changes nothing: dying before it is the same as dying before the next change.
  const next = Array.from({ length: reference.changes }, (_, index) => index).values();
  const lives = Array.from({ length: 4 }, async () => {
    for (const crashAt of next) await liveWithCrash(crashAt);
  });
  await Promise.all(lives);
});
