import { bumpCluster } from '@matryoshka/postgres';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { newCluster as makeCluster } from '../testing/cluster.ts';
import { startTestPlatform, type TestApi, type TestPlatform } from '../testing/platform.ts';

let platform: TestPlatform;
let api: TestApi;
const now = new Date('2026-12-01T12:00:00Z');
beforeAll(async () => {
  platform = await startTestPlatform();
  api = await platform.startApi({ now: () => now });
});
afterAll(async () => await platform?.stop());

const newCluster = async (role: 'admin' | 'operator' | 'viewer' = 'operator') => await makeCluster(platform, api, role);
const refusal = (code: string): object => ({ status: 409, body: { code } });

it('are shown as the controller saw them', async () => {
  const cluster = await newCluster('viewer');
  expect((await cluster.ask('key.list')).body).toEqual({ items: [] });
  const seen = [
    { key: 'openstack-credential', madeAt: null, state: 'rotating' },
    { key: 'encryption', madeAt: '2026-11-01T00:00:00.000Z', state: 'current' },
  ];
  await platform.controller.query('update clusters set keys = $2 where id = $1', [
    cluster.clusterId,
    JSON.stringify(seen),
  ]);
  expect((await cluster.ask('key.list')).body).toEqual({ items: seen });
  expect((await cluster.ask('key.rotate', { params: { key: 'encryption' } })).status).toBe(403);
});

it.each([
  ['openstack-credential', 'credentialBefore', 'encryptionBefore'],
  ['encryption', 'encryptionBefore', 'credentialBefore'],
] as const)('%s is replaced on request, of a cluster that is ready, and no other key is', async (key, own, other) => {
  const cluster = await newCluster();
  const params = { key };
  expect(await cluster.ask('key.rotate', { params })).toMatchObject(refusal('cluster_not_ready'));
  await cluster.settle();
  const asked = await cluster.ask('key.rotate', { params });
  expect(asked).toMatchObject({ status: 202, body: { kind: 'cluster.rotate-key', cancellable: false } });
  expect(await cluster.stored()).toMatchObject({ [own]: now, [other]: null });
  const cancelled = await cluster.ask('operation.cancel', { params: { operationId: asked.body.id } });
  expect([cancelled.status, cancelled.body.code]).toEqual([409, 'not_cancellable']);
});

it('that nobody knows is refused by name', async () => {
  const cluster = await newCluster();
  await cluster.settle();
  const asked = await cluster.ask('key.rotate', { params: { key: 'front-door' } });
  expect(asked).toMatchObject({ status: 422, body: { code: 'validation_failed' } });
  expect(asked.body.violations).toMatchObject([{ pointer: '{key}' }]);
});

it('stay while the cluster sleeps, or its authority is exchanged', async () => {
  const params = { key: 'encryption' };
  const sleeps = await newCluster();
  await sleeps.settle();
  await bumpCluster(platform.controller, sleeps.clusterId, {
    hibernation: { hibernated: true, schedules: [], decidedAt: now },
  });
  await sleeps.settle();
  expect(await sleeps.ask('key.rotate', { params })).toMatchObject(refusal('cluster_hibernated'));
  const rotates = await newCluster();
  await rotates.settle();
  await bumpCluster(platform.controller, rotates.clusterId, { rotation: 'preparing' });
  await rotates.settle();
  expect(await rotates.ask('key.rotate', { params })).toMatchObject(refusal('rotation_running'));
});
