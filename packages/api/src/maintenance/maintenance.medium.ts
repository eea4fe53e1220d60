import { sleep, waitFor } from '@matryoshka/system';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { settleCluster } from '../testing/cluster.ts';
import { send } from '../testing/http.ts';
import { startTestPlatform, type TestApi, type TestPlatform } from '../testing/platform.ts';

let platform: TestPlatform;
let apis: readonly TestApi[];
// Saturday, in the middle of a window.
let now = new Date('2026-11-28T03:00:00Z');
const window = { days: ['sat'], start: '02:00', durationMinutes: 240 };
beforeAll(async () => {
  platform = await startTestPlatform();
  // Two at once, as in an installation that is not to stop.
  const options = { maintenanceIntervalMs: 50, now: () => now };
  apis = [await platform.startApi(options), await platform.startApi(options)];
  await platform.asSuperuser(
    `insert into kubernetes_versions (version, image_name, image_id, state, is_default) values ('v1.36.9', 'i', 'image-9', 'offered', false)`,
  );
});
afterAll(async () => await platform?.stop());

async function newCluster(maintenance: object) {
  const projectId = await platform.newProject();
  const token = await platform.login(projectId, 'operator');
  const url = apis[0]?.url ?? '';
  const body = { name: 'demo', pools: [{ name: 'workers', flavor: 'm1.small', count: 1 }], maintenance };
  const answer = await send(url, 'cluster.create', { token, body });
  const params = { clusterId: answer.body.clusterId };
  const shown = async () => (await send(url, 'cluster.get', { token, params })).body;
  return {
    ...{ answer, shown, token, params, url },
    settle: async () => await settleCluster(platform, params.clusterId),
    reaches: async (generation: number): Promise<void> => {
      const there = async (): Promise<boolean> => (await shown()).generation === generation;
      if (!(await waitFor(there, { timeoutMs: 10_000, intervalMs: 50 }))) throw new Error(`never at ${generation}`);
    },
  };
}

it('brings a cluster that wants it to the newest patch while its window is open, the control plane first, each step once', async () => {
  now = new Date('2026-11-28T12:00:00Z');
  const wanting = await newCluster({ autoUpgrade: 'patch', window });
  const exclusions = [{ from: '2026-11-28T00:00:00Z', until: '2026-12-02T00:00:00Z' }];
  const others = [await newCluster({}), await newCluster({ autoUpgrade: 'patch', window, exclusions })];
  for (const one of [wanting, ...others]) await one.settle();
  await sleep(500);
  expect(await wanting.shown()).toMatchObject({
    generation: 1,
    maintenance: { autoUpgrade: 'patch', window, nextWindow: { from: '2026-12-05T02:00:00.000Z' } },
  });

  now = new Date('2026-11-28T03:00:00Z');
  await wanting.reaches(2);
  await sleep(500);
  // Not before the control plane is there, and not twice.
  expect(await wanting.shown()).toMatchObject({
    ...{ generation: 2, kubernetesVersion: 'v1.36.9', pools: [{ kubernetesVersion: 'v1.36.3' }] },
  });
  await wanting.settle();
  await wanting.reaches(3);
  expect((await wanting.shown()).pools).toMatchObject([{ kubernetesVersion: 'v1.36.9' }]);
  await wanting.settle();
  await sleep(500);
  const { token, params, url } = wanting;
  const { body } = await send(url, 'operation.list', { token, query: { clusterId: params.clusterId } });
  expect(body.items.map(({ kind, requestedBy }: Record<string, string>) => `${kind} ${requestedBy}`)).toEqual([
    ...['pool.upgrade maintenance', 'cluster.upgrade maintenance', 'cluster.create operator'],
  ]);
  for (const other of others)
    expect(await other.shown()).toMatchObject({ generation: 1, kubernetesVersion: 'v1.36.3' });
});

it('leaves a cluster alone that is not in order, or whose pool is paused', async () => {
  now = new Date('2026-11-28T03:00:00Z');
  const cluster = await newCluster({ autoUpgrade: 'patch' });
  await sleep(400);
  expect((await cluster.shown()).generation).toBe(1);
  const { token, params, url } = cluster;
  const pool = { ...params, poolName: 'workers' };
  await send(url, 'pool.update', { token, params: pool, body: { rollout: { paused: true } } });
  await cluster.settle();
  await cluster.reaches(3);
  await cluster.settle();
  await sleep(400);
  expect(await cluster.shown()).toMatchObject({ generation: 3, pools: [{ kubernetesVersion: 'v1.36.3' }] });
});

it('is changed in parts, brought back by a cancellation, and refused with every mistake', async () => {
  const { token, params, url, shown } = await newCluster({ autoUpgrade: 'patch', window });
  const change = async (maintenance: object) =>
    await send(url, 'cluster.update', { token, params, body: { maintenance } });
  const changed = await change({ window: null });
  expect((await shown()).maintenance).toMatchObject({ autoUpgrade: 'patch', window: null, nextWindow: null });
  await send(url, 'operation.cancel', { token, params: { operationId: changed.body.id } });
  expect((await shown()).maintenance).toMatchObject({ autoUpgrade: 'patch', window });
  const refused = await change({ window: { days: [], start: '25:00', durationMinutes: 60 }, autoUpgrade: 'minor' });
  expect(
    refused.body.violations.map(({ pointer, code }: Record<string, string>) => `${pointer} ${code}`).toSorted(),
  ).toEqual([
    ...[
      '/maintenance/autoUpgrade not_allowed',
      '/maintenance/window/days no_day',
      '/maintenance/window/start invalid_time',
    ],
  ]);
});
