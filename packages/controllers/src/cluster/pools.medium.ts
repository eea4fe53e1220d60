import type { Cluster } from '@matryoshka/domain';
import { createKubeClient, type KubeClient, type KubeObject } from '@matryoshka/kube';
import { startTestApiServer, type TestApiServer } from '@matryoshka/testkit';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { clusterFixture } from '../testing/fixtures.ts';
import { installDefinitions, playTenantAddons } from '../testing/upstream.ts';
import { World } from '../testing/world.ts';
import { deleteFirstAnnotation } from './labels.ts';
import { at } from './read.ts';

let server: TestApiServer;
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

const machineKind = { apiVersion: 'cluster.x-k8s.io/v1beta2', kind: 'Machine' };
const nodeRef = (name: string) => ({ apiVersion: 'v1', kind: 'Node', name });
let ids = 0;
let world: World;
let cluster: Cluster;
const minute = 60_000;

/** A cluster that is ready, whose machines have Nodes. */
async function ready(more: Partial<Cluster['pools'][number]> = {}): Promise<readonly string[]> {
  world = new World(server, client);
  const [pool] = clusterFixture().pools;
  cluster = clusterFixture({
    id: `c-p${String(ids++).padStart(9, '0')}`,
    pools: [{ ...(pool as typeof pool & object), ...more }],
  });
  await world.create(cluster);
  const { items } = await client.list({ ...machineKind, namespace: cluster.id });
  for (const { metadata } of items) await join(metadata.name);
  return items.map(({ metadata }) => metadata.name);
}

async function join(name: string): Promise<void> {
  await client.apply({ apiVersion: 'v1', kind: 'Node', metadata: { name } }, { fieldManager: 'kubelet', force: true });
  const allocatable = { cpu: '2', memory: '2Gi', pods: '110' };
  // kube-controller-manager, which is not here, takes it away.
  await client.patch(nodeRef(name), { spec: { taints: null } }, { type: 'merge' });
  await setReady(name, 'True', 60 * minute, { allocatable, capacity: allocatable });
  const status = { nodeRef: { name } };
  await client.patch(
    { ...machineKind, name, namespace: cluster.id },
    { status },
    { type: 'merge', subresource: 'status' },
  );
}

async function setReady(name: string, status: string, agoMs: number, more: object = {}): Promise<void> {
  const time = new Date(Date.now() - agoMs).toISOString().replace(/\.\d+Z/, 'Z');
  const condition = {
    type: 'Ready',
    status,
    reason: 'Test',
    message: 'said',
    lastHeartbeatTime: time,
    lastTransitionTime: time,
  };
  await client.patch(
    nodeRef(name),
    { status: { conditions: [condition], ...more } },
    { type: 'merge', subresource: 'status' },
  );
}

const cleanUp = async (): Promise<void> => {
  for (const kind of ['Pod', 'Node'])
    for (const { metadata } of (await client.list({ apiVersion: 'v1', kind })).items)
      await client.delete(
        { apiVersion: 'v1', kind, name: metadata.name, ...(kind === 'Pod' ? { namespace: 'default' } : {}) },
        { gracePeriodSeconds: 0 },
      );
  await world.remove(cluster.id);
};
afterEach(cleanUp);

/** Runs until nothing but a report is written; answers how often the controller changed something. */
async function settle(): Promise<number> {
  const before = world.changes;
  for (let turn = 0; turn < 8; turn += 1) {
    world.writes = [];
    const survived = await world.run(cluster.id);
    if (survived && world.writes.every((what) => what === 'report')) return world.changes - before;
  }
  throw new Error(`still writing: ${world.writes.join(' | ')}`);
}

/** Does something with a crash before the first, the second, … change until there are no more; `check` sees what came of it. */
async function withCrashes(start: () => Promise<void>, check: () => Promise<void>): Promise<void> {
  for (let nth = 0; ; nth += 1) {
    await start();
    world.crashAt = world.changes + nth;
    const crashes = world.crashes;
    await settle();
    world.crashAt = Number.POSITIVE_INFINITY;
    await check();
    if (world.crashes === crashes) {
      expect(nth, 'there was something to crash before').toBeGreaterThan(0);
      return;
    }
  }
}

const change = (more: Partial<Cluster['pools'][number]>): void => {
  cluster = {
    ...cluster,
    generation: cluster.generation + 1,
    pools: cluster.pools.map((pool) => ({ ...pool, ...more })),
  };
  world.store.desire(cluster);
};

describe('labels and taints of a pool', () => {
  test('are put on its nodes and taken away again, whenever the controller dies', async () => {
    const [name = '', ...others] = await ready();
    await client.patch(nodeRef(name), { metadata: { labels: { theirs: 'x' } } }, { type: 'merge' });
    const taints = [{ key: 't', value: 'v', effect: 'NoSchedule' as const }];
    await withCrashes(
      async () => {
        change({ labels: {}, taints: [] });
        await settle();
        change({ labels: { tier: 'web' }, taints });
      },
      async () => {
        for (const each of [name, ...others])
          expect(await client.get(nodeRef(each))).toMatchObject({
            metadata: { labels: { tier: 'web' } },
            spec: { taints },
          });
      },
    );
    change({ labels: {}, taints: [] });
    await settle();
    const node = await client.get(nodeRef(name));
    expect(node.metadata.labels).toMatchObject({ theirs: 'x' });
    expect(node.metadata.labels).not.toHaveProperty('tier');
    expect(at(node, 'spec', 'taints') ?? []).toEqual([]);
    expect(
      (await client.list({ ...machineKind, namespace: cluster.id })).items.map(({ metadata }) => metadata.name),
    ).toEqual([name, ...others]);
  });
});

describe('a worker that is not well', () => {
  test('is replaced once, with its cause, whenever the controller dies', async () => {
    let name = '';
    await withCrashes(
      async () => {
        if (name !== '') await cleanUp();
        [name = ''] = await ready();
        for (const { metadata } of (await machines()).slice(1)) await setReady(metadata.name, 'True', 0);
        await setReady(name, 'Unknown', 6 * minute);
        const status = {
          conditions: [
            {
              type: 'NodeReady',
              status: 'False',
              reason: 'x',
              message: '',
              lastTransitionTime: '2026-01-01T00:00:00Z',
            },
          ],
        };
        await client.patch(
          { ...machineKind, name, namespace: cluster.id },
          { status },
          { type: 'merge', subresource: 'status' },
        );
      },
      async () => {
        // Between the record and the deletion the pause of a repair may lie.
        world.ahead += minute;
        await settle();
        expect((await machines()).map(({ metadata }) => metadata.name)).not.toContain(name);
        const repairs = await world.store.repairs(cluster.id, new Date(0));
        expect(repairs).toMatchObject([{ node: name, pool: 'workers', cause: { reason: 'NodeSilent' } }]);
      },
    );
  });
});

describe('a pool that scales by itself', () => {
  const autoscaling = { min: 1, max: 4, priority: 0, scaleDownAfterSeconds: 600, scaleDownBelowPercent: 50 };
  const replicas = async (): Promise<unknown> => {
    const ref = { apiVersion: machineKind.apiVersion, kind: 'MachineDeployment', name: `${cluster.id}-workers` };
    return at(await client.get({ ...ref, namespace: cluster.id }), 'spec', 'replicas');
  };

  test('grows for pods that have no room, and loses the node that is not used', async () => {
    const names = await ready({ autoscaling });
    await settle();
    expect(await replicas()).toBe(2);
    await waitingPod('a', '1500m');
    await waitingPod('b', '1500m');
    await waitingPod('c', '1500m');
    await settle();
    expect(await replicas(), 'two fit on the nodes there are').toBe(3);
    await settle();
    expect(await replicas(), 'and a third on the one that comes').toBe(3);

    await world.until(cluster.id, async () => (await machines()).length === 3);
    for (const { metadata } of await machines()) await join(metadata.name);
    const pods = ['a', 'b', 'c'];
    for (const name of pods)
      await client.delete({ apiVersion: 'v1', kind: 'Pod', name, namespace: 'default' }, { gracePeriodSeconds: 0 });
    await runningPod('d', names[1] ?? '', '1500m');
    await settle();
    expect(await replicas()).toBe(3);
    world.ahead += 11 * minute;
    await settle();
    expect(await replicas()).toBe(1);
    const marked = (await machines()).filter(
      ({ metadata }) => metadata.annotations?.[deleteFirstAnnotation] === 'true',
    );
    expect(marked).toHaveLength(2);
    expect(marked.map(({ metadata }) => metadata.name)).not.toContain(names[1]);
  });

  test('grows once, whenever the controller dies', async () => {
    await ready({ autoscaling });
    await waitingPod('large', '1900m');
    await waitingPod('larger', '1900m');
    await waitingPod('largest', '1900m');
    await withCrashes(
      async () => {
        change({ count: 2 });
        await client.patch(
          {
            apiVersion: machineKind.apiVersion,
            kind: 'MachineDeployment',
            name: `${cluster.id}-workers`,
            namespace: cluster.id,
          },
          { spec: { replicas: 2 } },
          { type: 'merge' },
        );
      },
      async () => expect(await replicas()).toBe(3),
    );
  });
});

const machines = async (): Promise<readonly KubeObject[]> =>
  (await client.list({ ...machineKind, namespace: cluster.id })).items.filter(
    ({ metadata }) => metadata.deletionTimestamp === undefined,
  );

function podNamed(name: string, cpu: string, more: object): KubeObject {
  const containers = [{ name: 'c', image: 'i', resources: { requests: { cpu } } }];
  const annotations = { 'cluster-autoscaler.kubernetes.io/safe-to-evict': 'true' };
  const spec = { containers, terminationGracePeriodSeconds: 0, automountServiceAccountToken: false, ...more };
  return { apiVersion: 'v1', kind: 'Pod', metadata: { name, namespace: 'default', annotations }, spec };
}

async function waitingPod(name: string, cpu: string): Promise<void> {
  await client.create(podNamed(name, cpu, {}));
  const condition = {
    type: 'PodScheduled',
    status: 'False',
    reason: 'Unschedulable',
    message: '0/2 nodes are available',
  };
  const ref = { apiVersion: 'v1', kind: 'Pod', name, namespace: 'default' };
  await client.patch(ref, { status: { conditions: [condition] } }, { type: 'merge', subresource: 'status' });
}

async function runningPod(name: string, node: string, cpu: string): Promise<void> {
  await client.create(podNamed(name, cpu, { nodeName: node }));
}
