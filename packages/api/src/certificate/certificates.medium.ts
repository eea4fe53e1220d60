import { bumpCluster, endRotation, fleetCounts, renewWorkers } from '@matryoshka/postgres';
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

const newCluster = async (role: 'admin' | 'operator' | 'viewer' = 'admin') => await makeCluster(platform, api, role);
const refusal = (code: string): object => ({ status: 409, body: { code } });

it('are shown as the controller saw them, the first to end first, and told to whoever measures', async () => {
  const cluster = await newCluster();
  expect((await cluster.ask('certificate.get')).body).toEqual({ items: [], rotation: null });
  const one = (name: string, notAfter: string, authority = false) => ({ name, authority, notAfter, renewsAt: null });
  const seen = [
    one('ca/ca.crt', '2027-01-01T00:00:00.000Z', true),
    one('b', '2028-01-01T00:00:00.000Z'),
    one('a', '2027-06-01T00:00:00.000Z'),
  ];
  await platform.controller.query('update clusters set certificates = $2 where id = $1', [
    cluster.clusterId,
    JSON.stringify(seen),
  ]);
  const names = (await cluster.ask('certificate.get')).body.items.map(({ name }: { readonly name: string }) => name);
  expect(names).toEqual(['ca/ca.crt', 'a', 'b']);
  const { certificateEnds } = await fleetCounts(platform.controller, 'default');
  expect(certificateEnds).toContainEqual({ cluster: cluster.clusterId, seconds: Date.UTC(2027, 5, 1) / 1000 });
});

it('are renewed on request, by operators too, of a cluster that is ready', async () => {
  const cluster = await newCluster('operator');
  expect(await cluster.ask('certificate.renew')).toMatchObject(refusal('cluster_not_ready'));
  await cluster.settle();
  const asked = await cluster.ask('certificate.renew');
  expect(asked).toMatchObject({ status: 202, body: { kind: 'cluster.renew-certificates', cancellable: false } });
  expect((await cluster.stored())?.renewBefore).toEqual(now);
  expect((await cluster.ask('certificate.rotate')).status).toBe(403);
});

it('an authority is rotated in two steps, each once, and nothing else begins while keys are exchanged', async () => {
  const cluster = await newCluster();
  await cluster.settle();
  expect(await cluster.ask('certificate.complete')).toMatchObject(refusal('rotation_not_prepared'));
  const begun = await cluster.ask('certificate.rotate');
  expect(begun).toMatchObject({ status: 202, body: { kind: 'cluster.rotate', cancellable: false } });
  expect((await cluster.ask('certificate.get')).body.rotation).toMatchObject({ phase: 'preparing' });
  await cluster.settle();
  for (const id of ['certificate.rotate', 'certificate.renew'] as const)
    expect(await cluster.ask(id), id).toMatchObject(refusal('rotation_running'));
  expect(await cluster.ask('certificate.complete')).toMatchObject(refusal('rotation_not_prepared'));
  const sleepy = await cluster.ask('cluster.update', { body: { hibernation: { hibernated: true } } });
  expect(sleepy).toMatchObject(refusal('rotation_running'));
  const params = { operationId: begun.body.id };
  expect(await cluster.ask('operation.cancel', { params })).toMatchObject(refusal('not_cancellable'));

  // What the controller writes, twice as after a crash.
  for (let time = 0; time < 2; time += 1) {
    await renewWorkers(platform.controller, cluster.clusterId, 'print');
    await endRotation(platform.controller, cluster.clusterId, 'prepared');
  }
  expect(await cluster.stored()).toMatchObject({ authority: 'print', rotation: { phase: 'prepared' } });
  await endRotation(platform.controller, cluster.clusterId, null);
  expect((await cluster.stored())?.rotation, 'it is not over before somebody completes it').not.toBeNull();
  expect(await cluster.ask('certificate.rotate')).toMatchObject(refusal('rotation_running'));
  expect((await cluster.ask('certificate.renew')).status).toBe(202);
  await cluster.settle();

  expect(await cluster.ask('certificate.complete')).toMatchObject({
    status: 202,
    body: { kind: 'cluster.complete-rotation' },
  });
  expect(await cluster.ask('certificate.complete')).toMatchObject(refusal('rotation_not_prepared'));
  await endRotation(platform.controller, cluster.clusterId, null);
  expect(await cluster.stored()).toMatchObject({ authority: 'print', rotation: null });
});

it('is not rotated while it sleeps', async () => {
  const cluster = await newCluster();
  await cluster.settle();
  await bumpCluster(platform.controller, cluster.clusterId, {
    hibernation: { hibernated: true, schedules: [], decidedAt: now },
  });
  await cluster.settle();
  expect(await cluster.ask('certificate.rotate')).toMatchObject(refusal('cluster_hibernated'));
});
