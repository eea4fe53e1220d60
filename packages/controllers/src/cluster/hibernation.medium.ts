import type { Cluster, ClusterPhase } from '@matryoshka/domain';
import { createKubeClient, type KubeClient } from '@matryoshka/kube';
import { startTestApiServer, type TestApiServer } from '@matryoshka/testkit';
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import { clusterFixture } from '../testing/fixtures.ts';
import { installDefinitions, playTenantAddons } from '../testing/upstream.ts';
import { World } from '../testing/world.ts';
import { cloudControllerName } from './manifests/cloud-controller.ts';
import { volumeControllerName } from './manifests/volume-controller.ts';
import { at } from './read.ts';

let server: TestApiServer;
let client: KubeClient;
let world: World;
let cluster: Cluster;
let ids = 0;
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
beforeEach(async () => {
  world = new World(server, client);
  cluster = clusterFixture({ id: `c-h${String(ids++).padStart(9, '0')}`, tier: 'ha' });
  await world.create(cluster);
});

const machines = async (): Promise<number> =>
  (await client.list({ apiVersion: 'cluster.x-k8s.io/v1beta2', kind: 'Machine', namespace: cluster.id })).items.length;
const replicasOf = async (apiVersion: string, kind: string, name: string): Promise<unknown> =>
  at(await client.get({ apiVersion, kind, name, namespace: cluster.id }), 'spec', 'replicas');
/** Of the pool, the control plane, and what runs beside it. */
const replicas = async (): Promise<readonly unknown[]> => [
  await replicasOf('cluster.x-k8s.io/v1beta2', 'MachineDeployment', `${cluster.id}-workers`),
  await replicasOf('controlplane.cluster.x-k8s.io/v1alpha1', 'KamajiControlPlane', cluster.id),
  await replicasOf('apps/v1', 'Deployment', cloudControllerName(cluster.id)),
  await replicasOf('apps/v1', 'Deployment', volumeControllerName(cluster.id)),
];
const awake = [2, 2, 2, 1];

async function change(more: Partial<Cluster>): Promise<void> {
  const stored = await world.store.load(cluster.id);
  if (stored === undefined) throw new Error('it is gone');
  cluster = { ...stored, generation: stored.generation + 1, ...more };
  world.store.desire(cluster);
}
const decide = async (hibernated: boolean): Promise<void> =>
  await change({ hibernation: { hibernated, schedules: [] }, awaitedSince: new Date() });
const phase = async (): Promise<ClusterPhase | undefined> => (await world.store.load(cluster.id))?.status.phase;
async function becomes(wanted: ClusterPhase): Promise<void> {
  await world.until(cluster.id, async () => (await phase()) === wanted);
}
/** Turns in which nobody changes anything, until the crash that was planned. */
async function writesNothing(): Promise<void> {
  world.writes = [];
  await world.run(cluster.id);
  expect(world.writes.filter((what) => what !== 'report')).toEqual([]);
}

test('loses its workers before its control plane, and gets both back', async () => {
  expect(await replicas()).toEqual(awake);
  await decide(true);
  await world.run(cluster.id);
  expect(await phase()).toBe('hibernating');
  expect(await replicas()).toEqual([0, 2, 2, 1]);
  await becomes('hibernated');
  expect(await replicas()).toEqual([0, 0, 0, 0]);
  expect(await machines()).toBe(0);
  await writesNothing();

  await decide(false);
  await world.run(cluster.id);
  expect(await phase()).toBe('waking');
  await becomes('ready');
  expect(await replicas()).toEqual(awake);
  expect(await machines()).toBe(2);
  await writesNothing();
});

test('sleeps and wakes, whenever the controller dies', async () => {
  for (let nth = 0; ; nth += 1) {
    const crashes = world.crashes;
    for (const [hibernated, wanted, expected] of [
      [true, 'hibernated', [0, 0, 0, 0]],
      [false, 'ready', awake],
    ] as const) {
      await decide(hibernated);
      world.crashAt = world.changes + nth;
      await becomes(wanted);
      world.crashAt = Number.POSITIVE_INFINITY;
      expect(await replicas(), `crash before change ${nth}`).toEqual(expected);
      await writesNothing();
    }
    if (world.crashes === crashes) {
      expect(nth, 'there was something to crash before').toBeGreaterThan(3);
      return;
    }
  }
});

test('may be turned round half-way, changed and deleted while it sleeps', async () => {
  await decide(true);
  await world.run(cluster.id);
  await decide(false);
  await becomes('ready');
  expect(await replicas()).toEqual(awake);

  await decide(true);
  await becomes('hibernated');
  const pools = cluster.pools.map((pool) => ({ ...pool, count: 3, labels: { tier: 'web' } }));
  await change({ pools });
  await becomes('hibernated');
  expect(await replicas()).toEqual([0, 0, 0, 0]);
  await world.remove(cluster.id);
  const namespace = { apiVersion: 'v1', kind: 'Namespace', name: cluster.id };
  expect(await client.find(namespace)).toBeUndefined();
});
