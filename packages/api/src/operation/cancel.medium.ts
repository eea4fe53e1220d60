import { afterAll, beforeAll, expect, it } from 'vitest';
import { send } from '../testing/http.ts';
import { startTestPlatform, type TestApi, type TestPlatform } from '../testing/platform.ts';

let platform: TestPlatform;
let api: TestApi;
beforeAll(async () => {
  platform = await startTestPlatform();
  api = await platform.startApi();
});
afterAll(async () => await platform?.stop());

const pools = [{ name: 'workers', flavor: 'm1.small', count: 2 }];

async function newCluster(name = 'demo') {
  const projectId = await platform.newProject();
  const token = await platform.login(projectId, 'admin');
  const { clusterId, id } = (await send(api.url, 'cluster.create', { token, body: { name, pools } })).body;
  const params = { clusterId };
  const shown = async () => (await send(api.url, 'cluster.get', { token, params })).body;
  const cancel = async (operationId: string, headers: Record<string, string> = {}) =>
    await send(api.url, 'operation.cancel', { token, params: { operationId }, headers });
  const state = async (operationId: string) =>
    (await send(api.url, 'operation.get', { token, params: { operationId } })).body;
  return { projectId, clusterId, params, token, createId: id, shown, cancel, state };
}

it('brings back a pool, its absence, and how the cluster was, by an operation of its own', async () => {
  const { token, params, shown, cancel, state } = await newCluster();
  const before = await shown();
  const pool = { ...params, poolName: 'workers' };
  const changes = [
    await send(api.url, 'pool.update', { token, params: pool, body: { count: 5, labels: { a: 'b' } } }),
    await send(api.url, 'pool.update', { token, params: pool, body: { count: 1 } }),
    await send(api.url, 'pool.create', { token, params, body: { name: 'more', flavor: 'm1.small', count: 1 } }),
    await send(api.url, 'cluster.update', {
      token,
      params,
      body: { tier: 'ha', deletion: { gracePeriodSeconds: 60 } },
    }),
  ];
  for (const { body } of changes) expect(body).toMatchObject({ state: 'running', cancellable: true });
  const early = await cancel(changes[0]?.body.id);
  expect(early).toMatchObject({
    status: 409,
    body: { code: 'not_cancellable', detail: expect.stringContaining('after it') },
  });

  // Only the last one can be: what is brought back is a change as well. So each is made again and cancelled at once.
  const last = changes[3]?.body.id;
  const brought = await cancel(last);
  expect(brought).toMatchObject({ status: 202, body: { kind: 'cluster.update', state: 'running', cancellable: true } });
  expect(await state(last)).toMatchObject({ state: 'superseded', message: 'cancelled by admin', cancellable: false });
  expect(await shown()).toMatchObject({ tier: before.tier, deletion: before.deletion });
  expect(await cancel(last)).toMatchObject({ status: 409, body: { detail: expect.stringContaining('ended') } });

  const added = await send(api.url, 'pool.create', {
    token,
    params,
    body: { name: 'extra', flavor: 'm1.small', count: 1 },
  });
  expect(await cancel(added.body.id)).toMatchObject({ status: 202, body: { kind: 'pool.delete', cancellable: false } });
  const resized = await send(api.url, 'pool.update', { token, params: pool, body: { count: 4, labels: { c: 'd' } } });
  const resizedBack = await cancel(resized.body.id);
  expect((await shown()).pools).toMatchObject([{ name: 'more' }, { name: 'workers', count: 1, labels: { a: 'b' } }]);
  // A cancellation can be cancelled.
  expect((await cancel(resizedBack.body.id)).status).toBe(202);
  expect((await shown()).pools).toMatchObject([{}, { count: 4, labels: { c: 'd' } }]);
});

it('is for what destroys nothing, and says what to do instead', async () => {
  const { token, params, createId, cancel, shown, state } = await newCluster();
  expect(await cancel(createId)).toMatchObject({
    status: 409,
    body: { next: expect.stringContaining('cluster delete') },
  });
  const removed = await send(api.url, 'pool.delete', { token, params: { ...params, poolName: 'workers' } });
  expect(await cancel(removed.body.id)).toMatchObject({
    status: 409,
    body: { next: expect.stringContaining('pool add') },
  });

  const waiting = await send(api.url, 'cluster.delete', { token, params, query: { graceSeconds: '3600' } });
  expect(waiting.body).toMatchObject({ state: 'running', cancellable: true });
  expect(await cancel(waiting.body.id)).toMatchObject({
    status: 202,
    body: { id: waiting.body.id, state: 'superseded' },
  });
  expect((await shown()).deletion.scheduledAt).toBeNull();
  const begun = await send(api.url, 'cluster.delete', { token, params });
  expect(await cancel(begun.body.id)).toMatchObject({
    status: 409,
    body: { detail: expect.stringContaining('destroy') },
  });
  expect((await state(begun.body.id)).state).toBe('running');
});

it('happens once, however often it is asked for with one key, and by one of two at once', async () => {
  const { token, params, clusterId, cancel } = await newCluster();
  const pool = { ...params, poolName: 'workers' };
  const change = await send(api.url, 'pool.update', { token, params: pool, body: { count: 3 } });
  const headers = { 'idempotency-key': 'once' };
  const [first, again] = [await cancel(change.body.id, headers), await cancel(change.body.id, headers)];
  expect(again.body).toEqual(first.body);
  const next = await send(api.url, 'pool.update', { token, params: pool, body: { count: 3 } });
  const both = await Promise.all([cancel(next.body.id), cancel(next.body.id)]);
  expect(both.map(({ status }) => status).toSorted()).toEqual([202, 409]);
  const { rows } = await platform.controller.query('select count from pools where cluster_id = $1', [clusterId]);
  expect(rows).toEqual([{ count: 2 }]);
});
