import { replaceNodes } from '@matryoshka/postgres';
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
