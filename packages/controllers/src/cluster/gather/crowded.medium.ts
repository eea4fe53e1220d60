import { createKubeClient, type KubeClient, type KubeObject } from '@matryoshka/kube';
import { createLogger } from '@matryoshka/system';
import { startTestApiServer, type TestApiServer } from '@matryoshka/testkit';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { clusterFixture } from '../../testing/fixtures.ts';
import { moveReplica } from '../apply/move-replica.ts';
import type { ClusterContext } from '../context.ts';
import { crowdedReplica } from './crowded.ts';

// A real API server; what kubelets and the scheduler would write is written by hand.

const { id } = clusterFixture();
const signal = AbortSignal.timeout(120_000);
let server: TestApiServer;
let client: KubeClient;

beforeAll(async () => {
  server = await startTestApiServer();
  client = createKubeClient(server.connection);
  await client.create({ apiVersion: 'v1', kind: 'Namespace', metadata: { name: id } });
});
afterAll(async () => {
  await client?.close();
  await server?.stop();
});

async function node(
  name: string,
  change: { readonly cpu?: string; readonly spec?: object; readonly ready?: string } = {},
) {
  const { cpu = '4', spec = {}, ready = 'True' } = change;
  const fresh = await client.create({ apiVersion: 'v1', kind: 'Node', metadata: { name }, spec } as KubeObject);
  // A new one is tainted until its kubelet says that it is ready.
  const made = await client.update({ ...fresh, spec: { taints: [], ...spec } } as KubeObject);
  const status = {
    allocatable: { cpu, memory: '8Gi', pods: '10' },
    conditions: [{ type: 'Ready', status: ready, reason: 'x', message: '' }],
  };
  await client.update({ ...made, status } as KubeObject, { subresource: 'status' });
}

async function pod(name: string, nodeName: string, ready = true): Promise<void> {
  const containers = [{ name: 'kube-apiserver', image: 'x', resources: { requests: { cpu: '1', memory: '1Gi' } } }];
  const spec = { nodeName, automountServiceAccountToken: false, containers };
  const metadata = { name, namespace: id, labels: { app: name } };
  const made = await client.create({ apiVersion: 'v1', kind: 'Pod', metadata, spec } as KubeObject);
  const state = ready ? { running: {} } : { waiting: { reason: 'CrashLoopBackOff' } };
  const status = {
    phase: 'Running',
    conditions: [{ type: 'Ready', status: ready ? 'True' : 'False' }],
    containerStatuses: [{ name: 'kube-apiserver', ready, restartCount: 0, image: 'x', imageID: 'x', state }],
  };
  await client.update({ ...made, status } as KubeObject, { subresource: 'status' });
}

const pods = async () =>
  (await client.list<KubeObject>({ apiVersion: 'v1', kind: 'Pod', namespace: id })).items.filter(
    ({ metadata }) => metadata.deletionTimestamp === undefined,
  );
const crowded = async () => await crowdedReplica(client, await pods(), signal);
const remove = async (kind: string, name: string): Promise<void> => {
  await client.delete(
    { apiVersion: 'v1', kind, name, ...(kind === 'Pod' ? { namespace: id } : {}) },
    { gracePeriodSeconds: 0 },
  );
};
const move = async (name: string): Promise<void> => {
  const context = { management: client, log: createLogger('test') } as unknown as ClusterContext;
  await moveReplica(context, clusterFixture(), name, signal);
};

describe('replicas of a control plane', () => {
  it('are crowded when all are on one node and another one has room', async () => {
    await node('a');
    await pod('first', 'a');
    expect(await crowded(), 'one alone').toBeNull();
    await pod('second', 'a');
    expect(await crowded(), 'there is no other node').toBeNull();
    await node('b');
    expect(await crowded()).toMatchObject({ pod: expect.stringMatching(/first|second/), since: expect.any(Date) });
  });

  it.each([
    ['is not ready', { ready: 'Unknown' }],
    ['is cordoned', { spec: { unschedulable: true } }],
    ['is tainted', { spec: { taints: [{ key: 'k', effect: 'NoSchedule' }] } }],
    ['has no room', { cpu: '500m' }],
  ])('stay where they are when the other node %s', async (_, change) => {
    await remove('Node', 'b');
    await node('b', change);
    expect(await crowded()).toBeNull();
  });

  it('count what runs on the other node already', async () => {
    await remove('Node', 'b');
    await node('b', { cpu: '1500m' });
    expect(await crowded()).not.toBeNull();
    const metadata = { name: 'stranger', namespace: 'default' };
    const containers = [{ name: 'x', image: 'x', resources: { requests: { cpu: '1' } } }];
    const spec = { nodeName: 'b', automountServiceAccountToken: false, containers };
    await client.create({ apiVersion: 'v1', kind: 'Pod', metadata, spec } as KubeObject);
    expect(await crowded()).toBeNull();
    await client.delete({ apiVersion: 'v1', kind: 'Pod', ...metadata }, { gracePeriodSeconds: 0 });
  });

  it('stay while one of them is not well, or when they are on two nodes', async () => {
    await pod('ill', 'a', false);
    expect(await crowded()).toBeNull();
    await remove('Pod', 'ill');
    await pod('apart', 'b');
    expect(await crowded()).toBeNull();
    await remove('Pod', 'apart');
  });

  it('are moved by an eviction, which a disruption budget may put off', async () => {
    const found = (await crowded())?.pod ?? '';
    const metadata = { name: 'budget', namespace: id };
    const selector = { matchLabels: { app: found } };
    await client.create({
      apiVersion: 'policy/v1',
      kind: 'PodDisruptionBudget',
      metadata,
      spec: { minAvailable: 1, selector },
    } as KubeObject);
    await move(found);
    expect(
      (await pods()).map((one) => one.metadata.name),
      'the budget',
    ).toContain(found);
    await client.delete({ apiVersion: 'policy/v1', kind: 'PodDisruptionBudget', ...metadata });
    await move(found);
    expect((await pods()).map((one) => one.metadata.name)).not.toContain(found);
    await remove('Pod', found);
    await move(found);
  });
});
