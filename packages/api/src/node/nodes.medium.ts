import { addRepair, getCluster, replaceNodes } from '@matryoshka/postgres';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { send } from '../testing/http.ts';
import { newNode } from '../testing/node.ts';
import { startTestPlatform, type TestApi, type TestPlatform } from '../testing/platform.ts';

let platform: TestPlatform;
let api: TestApi;
beforeAll(async () => {
  platform = await startTestPlatform();
  api = await platform.startApi();
});
afterAll(async () => await platform?.stop());

it('shows workers as they were reported, page by page, with when they were ready first', async () => {
  const projectId = await platform.newProject();
  const token = await platform.login(projectId, 'operator');
  const { clusterId } = (await send(api.url, 'cluster.create', { token, body: { name: 'one' } })).body;
  const cluster = { id: clusterId, projectId };
  const params = { clusterId };
  const cause = { reason: 'NodeSilent', message: 'workers-2 says nothing.', actor: 'provider' } as const;
  const waiting = newNode('workers-1', { state: 'provisioning', serverId: null, address: null });
  await replaceNodes(platform.controller, cluster, [
    waiting,
    newNode('workers-2', { state: 'not-ready', cause }),
    newNode('more-1', { pool: 'more' }),
  ]);
  const list = async (query: Record<string, string> = {}) =>
    (await send(api.url, 'node.list', { token, params, query })).body;

  const first = await list({ limit: '2' });
  expect(first.items.map(({ name }: { name: string }) => name)).toEqual(['more-1', 'workers-1']);
  const second = await list({ limit: '2', cursor: first.nextCursor });
  expect(second).toEqual({
    items: [
      expect.objectContaining({
        name: 'workers-2',
        cause: { code: 'NodeSilent', message: cause.message, actor: 'provider' },
      }),
    ],
  });
  expect((await list({ pool: 'more' })).items).toMatchObject([{ name: 'more-1', readyAt: expect.any(String) }]);
  expect((await list({ state: 'provisioning' })).items).toMatchObject([{ name: 'workers-1', readyAt: null }]);
  expect((await send(api.url, 'node.list', { token, params, query: { state: 'odd' } })).status).toBe(422);

  const get = async (nodeName: string) => await send(api.url, 'node.get', { token, params: { clusterId, nodeName } });
  await replaceNodes(platform.controller, cluster, [newNode('workers-1')]);
  const { readyAt } = (await get('workers-1')).body;
  await replaceNodes(platform.controller, cluster, [newNode('workers-1', { state: 'not-ready' })]);
  await replaceNodes(platform.controller, cluster, [newNode('workers-1')]);
  expect((await get('workers-1')).body).toMatchObject({ state: 'ready', readyAt, cause: null });
  expect(await get('workers-2')).toMatchObject({ status: 404, body: { code: 'not_found' } });

  const version = async () => (await platform.controller.query('select xmin::text from nodes')).rows;
  const before = await version();
  await replaceNodes(platform.controller, cluster, [newNode('workers-1')]);
  expect(await version(), 'what did not change was not written').toEqual(before);
});

it('replaces a worker on request: the wish is there for the controller until the worker is gone', async () => {
  const projectId = await platform.newProject();
  const token = await platform.login(projectId, 'operator');
  const { clusterId } = (await send(api.url, 'cluster.create', { token, body: { name: 'one' } })).body;
  const cluster = { id: clusterId, projectId };
  await replaceNodes(platform.controller, cluster, [newNode('a'), newNode('b')]);
  const recycle = async (nodeName: string) =>
    await send(api.url, 'node.recycle', { token, params: { clusterId, nodeName } });
  const wanted = async () => (await getCluster(platform.controller, clusterId))?.recycling;
  expect(await recycle('c')).toMatchObject({ status: 404, body: { code: 'not_found' } });
  const first = await recycle('b');
  expect(first).toMatchObject({ status: 202, body: { kind: 'node.recycle', cancellable: false } });
  expect((await recycle('b')).status).toBe(202);
  expect(await wanted()).toEqual(['b']);
  await replaceNodes(platform.controller, cluster, [newNode('a'), newNode('b', { state: 'deleting' })]);
  expect(await wanted()).toEqual(['b']);
  await replaceNodes(platform.controller, cluster, [newNode('a'), newNode('x')]);
  expect(await wanted()).toEqual([]);
});

it('tells which workers were replaced because they were not well, the last first, page by page', async () => {
  const projectId = await platform.newProject();
  const token = await platform.login(projectId, 'viewer');
  const maker = await platform.login(projectId, 'operator');
  const { clusterId } = (await send(api.url, 'cluster.create', { token: maker, body: { name: 'one' } })).body;
  const cause = { reason: 'NodeSilent', message: 'says nothing.', actor: 'user' } as const;
  const cluster = { id: clusterId, projectId };
  for (const [node, minute] of [
    ['a', 1],
    ['b', 3],
    ['c', 2],
    ['c', 5],
  ] as const)
    await addRepair(platform.controller, cluster, {
      node,
      pool: 'w',
      cause,
      at: new Date(Date.UTC(2026, 10, 1, 0, minute)),
    });
  const list = async (query: Record<string, string>) =>
    (await send(api.url, 'repair.list', { token, params: { clusterId }, query })).body;
  const first = await list({ limit: '2' });
  expect(first.items).toEqual([
    {
      node: 'b',
      pool: 'w',
      cause: { code: 'NodeSilent', message: 'says nothing.', actor: 'user' },
      at: '2026-11-01T00:03:00.000Z',
    },
    expect.objectContaining({ node: 'c', at: '2026-11-01T00:02:00.000Z' }),
  ]);
  expect(await list({ limit: '2', cursor: first.nextCursor })).toEqual({
    items: [expect.objectContaining({ node: 'a' })],
  });
  const events = await platform.controller.query(
    "select data->>'node' as node from events where cluster_id = $1 and type = 'node.repaired'",
    [clusterId],
  );
  expect(
    events.rows.map(({ node }) => node),
    'one for each, whenever it was told',
  ).toEqual(['a', 'b', 'c']);
});
