import { replaceNodes, replaceResources } from '@matryoshka/postgres';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { send } from '../testing/http.ts';
import { newNode } from '../testing/node.ts';
import { startTestPlatform, type TestApi, type TestPlatform } from '../testing/platform.ts';

let platform: TestPlatform;
let api: TestApi;
let provider: string;
beforeAll(async () => {
  platform = await startTestPlatform();
  api = await platform.startApi();
  const expiresAt = new Date(Date.now() + 3_600_000);
  provider = await platform.login(await platform.newProject(), 'viewer', { expiresAt, isProvider: true });
});
afterAll(async () => await platform?.stop());

async function newCluster(
  name: string,
  body: object = {},
): Promise<{ readonly id: string; readonly projectId: string }> {
  const projectId = await platform.newProject();
  const token = await platform.login(projectId, 'admin');
  const pools = [{ name: 'workers', flavor: 'm1.small', count: 2 }];
  const made = await send(api.url, 'cluster.create', { token, body: { name, pools, ...body } });
  return { id: made.body.clusterId, projectId };
}

const trouble = { status: 'False', message: 'There is no room.', actor: 'provider', observedGeneration: 1 };

it('shows the provider all clusters, found by anything of theirs, and what they lack', async () => {
  const one = await newCluster('one', { tier: 'ha' });
  const two = await newCluster('two-2');
  const three = await newCluster('three');
  const since = new Date().toISOString();
  const conditions = [
    { type: 'Ready', ...trouble, reason: 'NoCapacity', lastTransitionTime: since },
    { type: 'NodesHealthy', ...trouble, reason: 'NodeUnderPressure', lastTransitionTime: since },
  ];
  const degraded = `update clusters set phase = 'degraded', observed_version = 'v1.35.7', conditions = $2,
    pool_status = '[{"name": "workers", "desired": 2, "machines": 2, "ready": 1}]' where id = $1`;
  await platform.controller.query(degraded, [two.id, JSON.stringify(conditions)]);
  await platform.controller.query("update operations set late_at = now() - interval '1 second' where cluster_id = $1", [
    two.id,
  ]);
  await platform.controller.query("update operations set state = 'succeeded' where cluster_id = $1", [three.id]);
  await replaceNodes(platform.controller, one, [newNode('w-1', { serverId: 'Server-ONE', address: '10.9.9.9' })]);
  await replaceResources(
    platform.controller,
    ['load-balancer'],
    [
      {
        ...{
          clusterId: three.id,
          projectId: three.projectId,
          kind: 'load-balancer',
          id: 'lb-3',
          name: 'kube_service_x',
        },
        ...{ status: 'ACTIVE', usedBy: 'Service default/web', address: '172.29.0.7', sizeGib: null, createdAt: null },
      },
    ],
  );

  const found = async (query: Record<string, string> = {}): Promise<readonly string[]> =>
    (await send(api.url, 'fleet.clusters', { token: provider, query })).body.items.map(
      ({ name }: { name: string }) => name,
    );
  expect(await found()).toEqual(['one', 'three', 'two-2']);
  for (const [search, names] of [
    ['two-2', ['two-2']],
    ['o_e', []],
    ['%', []],
    [one.id, ['one']],
    [two.projectId, ['two-2']],
    ['server-one', ['one']],
    ['10.9.9.9', ['one']],
    ['default/web', ['three']],
    ['172.29.0.7', ['three']],
    ['\\', []],
  ] as const)
    expect(await found({ search }), search).toEqual(names);
  expect(await found({ tier: 'ha' })).toEqual(['one']);
  expect(await found({ phase: 'degraded' })).toEqual(['two-2']);
  expect(await found({ version: 'v1.35.7' })).toEqual(['two-2']);
  expect(await found({ cause: 'NoCapacity' })).toEqual(['two-2']);
  expect(await found({ attention: 'troubled' })).toEqual(['two-2']);
  expect(await found({ attention: 'late' })).toEqual(['two-2']);

  const first = (await send(api.url, 'fleet.clusters', { token: provider, query: { limit: '2' } })).body;
  const rest = (
    await send(api.url, 'fleet.clusters', { token: provider, query: { limit: '2', cursor: first.nextCursor } })
  ).body;
  expect(rest.items).toMatchObject([
    {
      ...{ id: two.id, projectId: two.projectId, kubernetesVersion: 'v1.35.7', workers: { wanted: 2, ready: 1 } },
      cause: { code: 'NoCapacity', message: 'There is no room.', actor: 'provider' },
      operation: { kind: 'cluster.create', late: true },
    },
  ]);
  expect(rest.nextCursor).toBeUndefined();

  const summary = (await send(api.url, 'fleet.summary', { token: provider })).body;
  expect(summary).toEqual({
    ...{ clusters: 3, projects: 3, workers: { wanted: 2, ready: 1 } },
    phases: { creating: 2, degraded: 1 },
    tiers: { ha: 1, standard: 2 },
    versions: { 'v1.36.3': 2, 'v1.35.7': 1 },
    causes: [{ code: 'NoCapacity', actor: 'provider', clusters: 1 }],
    operations: { running: 2, late: 1 },
  });
});
