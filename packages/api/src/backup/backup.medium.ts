import type { OperationId } from '@matryoshka/contract';
import { backupsToMake, endBackup, getCluster, reportArchive, setBackupPlace } from '@matryoshka/postgres';
import { sleep, waitFor } from '@matryoshka/system';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { type Call, send } from '../testing/http.ts';
import { startTestPlatform, type TestApi, type TestPlatform } from '../testing/platform.ts';

let platform: TestPlatform;
let apis: readonly TestApi[];
let now = new Date('2026-11-30T12:00:00Z');
beforeAll(async () => {
  platform = await startTestPlatform();
  // Two at once, as in an installation that is not to stop.
  const options = { backupIntervalMs: 50, now: () => now };
  apis = [await platform.startApi(options), await platform.startApi(options)];
  await setBackupPlace(platform.controller, 'default', '/somewhere');
});
afterAll(async () => await platform?.stop());

const life = { expiresAt: new Date('2027-06-01T00:00:00Z') };
async function newCluster(body: object = {}, role: 'admin' | 'operator' = 'admin') {
  const projectId = await platform.newProject();
  const token = await platform.login(projectId, role, life);
  const url = apis[0]?.url ?? '';
  const { clusterId } = (await send(url, 'cluster.create', { token, body: { name: 'demo', ...body } })).body;
  const params = { clusterId };
  const ask = async (id: OperationId, call: Call = {}) =>
    await send(url, id, { token, ...call, params: { ...params, ...call.params } });
  return {
    ...{ ask, projectId, clusterId: clusterId as string },
    /** As its controller leaves it when everything is as wanted. */
    settle: async () =>
      await platform.controller.query(
        `update clusters set observed_generation = generation, phase = 'ready', observed_version = kubernetes_version, created_at = $2, ready_at = $2 where id = $1`,
        [clusterId, now],
      ),
    list: async () => (await ask('backup.list')).body.items,
  };
}
/** As the controller ends what was asked for. */
async function makeAll(): Promise<void> {
  const jobs = [
    ...(await backupsToMake(platform.controller, 'default', 'now')),
    ...(await backupsToMake(platform.controller, 'default', 'moments')),
  ];
  for (const job of jobs) await endBackup(platform.controller, job, { revision: 10, keys: 3, sha256: 'x', bytes: 100 });
}

it('is asked for, seen, used and removed', async () => {
  const cluster = await newCluster();
  expect(await cluster.ask('backup.create')).toMatchObject({ status: 409, body: { code: 'cluster_not_ready' } });
  await cluster.settle();
  const made = await cluster.ask('backup.create');
  expect(made).toMatchObject({
    status: 201,
    body: { state: 'pending', reason: 'requested', requestedBy: 'admin', keys: null },
  });
  const params = { backupId: made.body.id };
  const early = await cluster.ask('backup.restore', { params });
  expect(early).toMatchObject({ status: 409, body: { code: 'backup_not_usable' } });
  await makeAll();
  expect((await cluster.ask('backup.get', { params })).body).toMatchObject({ state: 'succeeded', keys: 3, bytes: 100 });

  const restored = await cluster.ask('backup.restore', { params });
  expect(restored).toMatchObject({ status: 202, body: { kind: 'cluster.restore', cancellable: true } });
  for (const id of ['backup.restore', 'backup.delete'] as const)
    expect(await cluster.ask(id, { params }), id).toMatchObject({ status: 409, body: { code: 'cluster_restoring' } });
  const sleepy = await cluster.ask('cluster.update', { body: { hibernation: { hibernated: true } } });
  expect(sleepy).toMatchObject({ status: 409, body: { code: 'cluster_restoring' } });
  const cancelled = await cluster.ask('operation.cancel', { params: { operationId: restored.body.id } });
  expect(cancelled).toMatchObject({ status: 202, body: { kind: 'cluster.update' } });

  // Once it may be loaded at any moment, there is no way back, until it has failed.
  const again = await cluster.ask('backup.restore', { params });
  await platform.controller.query('update clusters set restore_allowed = true where id = $1', [cluster.clusterId]);
  const operation = { params: { operationId: again.body.id } };
  expect(await cluster.ask('operation.cancel', operation)).toMatchObject({
    status: 409,
    body: { code: 'not_cancellable' },
  });
  await platform.controller.query("update clusters set restore_error = 'full' where id = $1", [cluster.clusterId]);
  expect((await cluster.ask('operation.cancel', operation)).status).toBe(202);

  expect((await cluster.ask('backup.delete', { params })).status).toBe(204);
  for (const id of ['backup.get', 'backup.delete', 'backup.restore'] as const)
    expect((await cluster.ask(id, { params })).status, id).toBe(404);
  expect(await cluster.list()).toEqual([]);
});

it('is not restored where another version has written, nor offered where nobody keeps it', async () => {
  const cluster = await newCluster();
  await cluster.settle();
  const { id } = (await cluster.ask('backup.create')).body;
  await makeAll();
  for (const [version, status] of [
    ['v1.35.1', 202],
    ['v1.34.9', 409],
    ['v1.37.0', 409],
  ] as const) {
    await platform.controller.query('update backups set kubernetes_version = $2 where id = $1', [id, version]);
    const answer = await cluster.ask('backup.restore', { params: { backupId: id } });
    expect(answer.status, version).toBe(status);
    if (status === 202) await cluster.ask('operation.cancel', { params: { operationId: answer.body.id } });
    else expect(answer.body).toMatchObject({ code: 'backup_not_usable', detail: expect.stringContaining(version) });
  }
  await setBackupPlace(platform.controller, 'default', null);
  expect(await cluster.ask('backup.create')).toMatchObject({ status: 409, body: { code: 'backups_not_offered' } });
  await setBackupPlace(platform.controller, 'default', '/somewhere');
  for (let n = 1; n < 20; n += 1) expect((await cluster.ask('backup.create')).status).toBe(201);
  expect(await cluster.ask('backup.create')).toMatchObject({ status: 422, body: { code: 'quota_exceeded' } });
  const page = await cluster.ask('backup.list', { query: { limit: '15' } });
  const rest = await cluster.ask('backup.list', { query: { limit: '15', cursor: page.body.nextCursor } });
  expect(new Set([...page.body.items, ...rest.body.items].map((item: { id: string }) => item.id)).size).toBe(20);
});

it('is made by its schedule, once each time, and old ones go', async () => {
  now = new Date('2026-11-30T12:00:00Z');
  const cluster = await newCluster({ backup: { schedule: '0 */2 * * *', keep: 2 } });
  const asleep = await newCluster({ backup: { schedule: null } });
  for (const one of [cluster, asleep]) await one.settle();
  expect((await cluster.ask('cluster.get')).body.backup).toEqual({
    ...{ schedule: '0 */2 * * *', timeZone: 'UTC', keep: 2, recoverableFrom: null, next: '2026-11-30T14:00:00.000Z' },
  });
  await sleep(300);
  expect(await cluster.list()).toEqual([]);
  for (const [time, count] of [
    ['2026-11-30T14:00:00Z', 1],
    ['2026-11-30T16:00:01Z', 2],
    // Nobody looked for a day.
    ['2026-12-01T17:00:00Z', 3],
    ['2026-12-01T18:00:00Z', 3],
    ['2026-12-01T20:00:00Z', 3],
  ] as const) {
    now = new Date(time);
    const there = async (): Promise<boolean> => (await cluster.list())[0]?.createdAt === now.toISOString();
    expect(await waitFor(there, { timeoutMs: 10_000, intervalMs: 50 }), time).toBe(true);
    await makeAll();
    await sleep(200);
    expect(await cluster.list(), time).toHaveLength(count);
  }
  expect((await cluster.list()).every(({ reason }: { reason: string }) => reason === 'scheduled')).toBe(true);
  expect(await asleep.list()).toEqual([]);
});

it('is made before an upgrade, which says so', async () => {
  await platform.asSuperuser(
    `insert into kubernetes_versions (version, image_name, image_id, state, is_default) values ('v1.36.9', 'i', 'image-9', 'offered', false)`,
  );
  const cluster = await newCluster();
  await cluster.settle();
  const upgrade = await cluster.ask('cluster.update', { body: { kubernetesVersion: 'v1.36.9' } });
  expect(upgrade).toMatchObject({ status: 202, body: { kind: 'cluster.upgrade' } });
  expect(await cluster.list()).toMatchObject([
    { reason: 'before-upgrade', state: 'pending', kubernetesVersion: 'v1.36.3' },
  ]);
  const awaits = async () => (await getCluster(platform.controller, cluster.clusterId))?.awaitsBackup;
  expect(await awaits()).toBe(true);
  await makeAll();
  expect(await awaits()).toBe(false);
});

it('belongs to its project', async () => {
  const [mine, theirs] = [await newCluster(), await newCluster({}, 'operator')];
  await mine.settle();
  const { id } = (await mine.ask('backup.create')).body;
  await makeAll();
  for (const operation of ['backup.get', 'backup.list'] as const)
    expect((await theirs.ask(operation, { params: { clusterId: mine.clusterId, backupId: id } })).status).toBe(404);
  // Of another cluster it is not to be had, either.
  const forbidden = await theirs.ask('backup.restore', { params: { backupId: id } });
  expect(forbidden).toMatchObject({ status: 403 });
});

it('is had back of a moment that the archive holds, and of no other', async () => {
  const cluster = await newCluster();
  await cluster.settle();
  const at = async (moment: string) => await cluster.ask('backup.create', { body: { moment } });
  const shown = async () => (await cluster.ask('cluster.get')).body.backup.recoverableFrom;
  expect(await shown()).toBeNull();
  expect(await at('2026-11-30T11:00:00Z')).toMatchObject({ status: 409, body: { code: 'recovery_not_offered' } });

  await platform.controller.query(
    "insert into data_stores (management_cluster, name) values ('default', 'default') on conflict do nothing",
  );
  const from = new Date(now.getTime() + 3_600_000);
  await reportArchive(platform.controller, { managementCluster: 'default', name: 'default' }, { from, failing: false });
  now = new Date(now.getTime() + 7_200_000);
  expect(await shown()).toBe(from.toISOString());
  const later = (minutes: number): string => new Date(from.getTime() + minutes * 60_000).toISOString();
  expect(await at(later(0))).toMatchObject({ status: 409, body: { code: 'moment_not_archived' } });
  for (const [moment, code] of [
    [later(61), 'in_the_future'],
    ['yesterday', 'invalid_time'],
  ] as const)
    expect(await at(moment)).toMatchObject({
      status: 422,
      body: { code: 'validation_failed', violations: [{ pointer: '/moment', code }] },
    });
  expect(await cluster.ask('backup.create', { body: { momnt: later(1) } })).toMatchObject({ status: 422 });
  expect(await cluster.list(), 'nothing was made of all that').toEqual([]);

  const made = await at(later(30));
  expect(made).toMatchObject({ status: 201, body: { state: 'pending', moment: later(30), reason: 'requested' } });
  await makeAll();
  expect(await cluster.list()).toMatchObject([{ state: 'succeeded', moment: later(30) }]);
  const params = { backupId: made.body.id };
  expect(await cluster.ask('backup.restore', { params })).toMatchObject({ status: 202 });
});

it('of a moment before an upgrade has the version of then', async () => {
  const cluster = await newCluster();
  await cluster.settle();
  const before = new Date(now.getTime() + 60_000).toISOString();
  now = new Date(now.getTime() + 120_000);
  await cluster.ask('cluster.update', { body: { kubernetesVersion: 'v1.36.9' } });
  await makeAll();
  await cluster.settle();
  await platform.controller.query('update clusters set ready_at = created_at - interval $$1 day$$ where id = $1', [
    cluster.clusterId,
  ]);
  now = new Date(now.getTime() + 120_000);
  const after = new Date(now.getTime() - 60_000).toISOString();
  const version = async (moment: string) =>
    (await cluster.ask('backup.create', { body: { moment } })).body.kubernetesVersion;
  expect([await version(before), await version(after)]).toEqual(['v1.36.3', 'v1.36.9']);
});
