import type { OperationId } from '@matryoshka/contract';
import { sleep, waitFor } from '@matryoshka/system';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { settleCluster } from '../testing/cluster.ts';
import { type Call, send } from '../testing/http.ts';
import { startTestPlatform, type TestApi, type TestPlatform } from '../testing/platform.ts';

let platform: TestPlatform;
let apis: readonly TestApi[];
// A Monday.
let now = new Date('2026-11-30T12:00:00Z');
const nights = { sleep: '0 20 * * mon-fri', wake: '0 7 * * mon-fri', timeZone: 'Europe/Berlin' };
beforeAll(async () => {
  platform = await startTestPlatform();
  // Two at once, as in an installation that is not to stop.
  const options = { hibernationIntervalMs: 50, now: () => now };
  apis = [await platform.startApi(options), await platform.startApi(options)];
});
afterAll(async () => await platform?.stop());

async function newCluster(body: object = {}) {
  const projectId = await platform.newProject();
  const token = await platform.login(projectId, 'operator', { expiresAt: new Date('2027-06-01T00:00:00Z') });
  const url = apis[0]?.url ?? '';
  const pools = [{ name: 'workers', flavor: 'm1.small', count: 2 }];
  const answer = await send(url, 'cluster.create', { token, body: { name: 'demo', pools, ...body } });
  const clusterId: string = answer.body.clusterId;
  const params = { clusterId };
  const ask = async (id: OperationId, call: Call = {}) => await send(url, id, { token, params, ...call });
  const shown = async () => (await ask('cluster.get')).body;
  return {
    ...{ answer, ask, shown, token, params, url, clusterId },
    update: async (change: object) => await ask('cluster.update', { body: change }),
    settle: async (phase: 'ready' | 'hibernated' = 'ready') => await settleCluster(platform, clusterId, phase),
    kinds: async (): Promise<readonly string[]> =>
      (await ask('operation.list', { params: {}, query: { clusterId } })).body.items
        .map(({ kind, requestedBy }: Record<string, string>) => `${kind} ${requestedBy}`)
        .toReversed(),
    becomes: async (hibernated: boolean): Promise<void> => {
      const there = async (): Promise<boolean> => (await shown()).hibernation.hibernated === hibernated;
      if (!(await waitFor(there, { timeoutMs: 10_000, intervalMs: 50 }))) throw new Error(`never ${hibernated}`);
    },
  };
}

it('sleeps and wakes as its schedule says, once each, and as somebody says in between', async () => {
  now = new Date('2026-11-30T12:00:00Z');
  const cluster = await newCluster({ hibernation: { schedules: [nights] } });
  await platform.controller.query('update clusters set hibernation_decided_at = $2 where id = $1', [
    cluster.clusterId,
    now,
  ]);
  expect((await cluster.shown()).hibernation).toEqual({
    ...{ hibernated: false, schedules: [nights] },
    next: { at: '2026-11-30T19:00:00.000Z', hibernated: true },
  });
  // Half made, it is not put to sleep, but as soon as it is ready, although the time has passed.
  now = new Date('2026-11-30T19:00:01Z');
  await sleep(300);
  expect((await cluster.shown()).hibernation.hibernated).toBe(false);
  now = new Date('2026-11-30T19:20:00Z');
  await cluster.settle();
  await cluster.becomes(true);
  await cluster.settle('hibernated');
  await sleep(300);
  expect((await cluster.shown()).generation).toBe(2);

  // Somebody works late; what they decided holds until the schedule speaks again.
  expect((await cluster.update({ hibernation: { hibernated: false } })).body.kind).toBe('cluster.wake');
  await cluster.settle();
  await sleep(300);
  expect((await cluster.shown()).hibernation).toMatchObject({ hibernated: false });
  // Nobody looked for three days.
  now = new Date('2026-12-04T06:00:00Z');
  await sleep(300);
  expect((await cluster.shown()).generation).toBe(3);
  now = new Date('2026-12-04T22:00:00Z');
  await cluster.becomes(true);
  await cluster.settle('hibernated');
  now = new Date('2026-12-07T06:00:00Z');
  await cluster.becomes(false);
  expect(await cluster.kinds()).toEqual([
    'cluster.create operator',
    'cluster.hibernate hibernation-schedule',
    'cluster.wake operator',
    'cluster.hibernate hibernation-schedule',
    'cluster.wake hibernation-schedule',
  ]);
});

it('refuses what a cluster that sleeps cannot do, and sleep where it would hide something', async () => {
  const cluster = await newCluster();
  const creating = await cluster.update({ hibernation: { hibernated: true } });
  expect(creating).toMatchObject({ status: 409, body: { code: 'cluster_not_ready' } });
  await cluster.settle();
  await platform.controller.query("update clusters set observed_version = 'v1.35.4' where id = $1", [
    cluster.clusterId,
  ]);
  const upgrading = await cluster.update({ hibernation: { hibernated: true } });
  expect(upgrading).toMatchObject({ status: 409, body: { code: 'cluster_not_ready' } });
  await cluster.settle();
  const wrong = await cluster.update({ hibernation: { schedules: [{ sleep: 'at dusk', timeZone: 'Mars' }] } });
  expect(wrong).toMatchObject({
    status: 422,
    body: { violations: [{ code: 'unknown_time_zone' }, { code: 'invalid_cron' }] },
  });

  const asked = await cluster.update({ hibernation: { hibernated: true } });
  expect(asked).toMatchObject({ status: 202, body: { kind: 'cluster.hibernate', cancellable: true } });
  // While it falls asleep it may still be looked at.
  expect((await cluster.ask('credential.create')).status).toBe(201);
  await cluster.settle('hibernated');
  for (const [id, call] of [
    ['credential.create', {}],
    ['upgrade.plan', {}],
    ['cluster.update', { body: { kubernetesVersion: 'v1.36.9' } }],
    ['node.recycle', { params: { ...cluster.params, nodeName: 'workers-1' } }],
  ] as const) {
    const refused = await cluster.ask(id, call);
    if (id === 'cluster.update' && refused.status === 422) continue;
    expect(refused, id).toMatchObject({
      status: 409,
      body: { code: 'cluster_hibernated', next: expect.stringContaining('wake demo') },
    });
  }
  // What does not need it awake is taken.
  expect((await cluster.update({ labels: { env: 'test' } })).status).toBe(202);
  expect((await cluster.ask('pool.create', { body: { name: 'more', flavor: 'm1.small', count: 1 } })).status).toBe(202);
});

it('is taken back by cancelling it', async () => {
  const cluster = await newCluster();
  await cluster.settle();
  const { body } = await cluster.update({ hibernation: { hibernated: true } });
  const cancelled = await cluster.ask('operation.cancel', { params: { operationId: body.id } });
  expect(cancelled).toMatchObject({ status: 202, body: { kind: 'cluster.wake' } });
  expect((await cluster.shown()).hibernation.hibernated).toBe(false);
  // Cancelling another change does not touch it.
  const labels = await cluster.update({ labels: { a: 'b' } });
  expect((await cluster.ask('operation.cancel', { params: { operationId: labels.body.id } })).body.kind).toBe(
    'cluster.update',
  );
});

it('costs what stays, and the meter of the control plane stops', async () => {
  const cluster = await newCluster();
  await cluster.settle();
  expect((await cluster.ask('hibernation.get')).body).toMatchObject({
    ...{ hibernated: false, next: null, price: null, stays: [] },
    stops: ['control-plane demo', 'worker-pool 2 × m1.small'],
  });
  const provider = await platform.login(await platform.newProject(), 'viewer', {
    expiresAt: new Date('2027-06-01T00:00:00Z'),
    isProvider: true,
  });
  const prices = [
    { item: 'control-plane', sku: '', perHour: '0.1' },
    { item: 'node', sku: '', perHour: '0.05' },
    { item: 'volume', sku: '', perHour: '0.001' },
  ];
  const list = { currency: 'EUR', prices };
  expect((await send(cluster.url, 'price.publish', { token: provider, body: list })).status).toBe(201);
  now = new Date(now.getTime() + 60_000);
  const { rows: projects } = await platform.controller.query('select project_id from clusters where id = $1', [
    cluster.clusterId,
  ]);
  await platform.asSuperuser(
    `insert into cluster_resources (id, cluster_id, project_id, kind, name, size_gib, status) values ('v-1', '${cluster.clusterId}', '${projects[0]?.project_id}', 'volume', 'data', 10, 'in-use')`,
  );
  const effect = (await cluster.ask('hibernation.get')).body;
  expect(effect).toMatchObject({
    stays: ['volume data'],
    price: { currency: 'EUR', awake: { perHour: '0.21' }, asleep: { perHour: '0.01', perMonth: '7.3' } },
  });
  const open = async () =>
    (
      await platform.controller.query<{ open: boolean }>(
        `select ended_at is null as open from usage_spans where cluster_id = $1 and item = 'control-plane' order by id`,
        [cluster.clusterId],
      )
    ).rows.map((row) => row.open);
  expect(await open()).toEqual([true]);
  await cluster.settle('hibernated');
  expect(await open()).toEqual([false]);
  await platform.controller.query("update clusters set phase = 'waking' where id = $1", [cluster.clusterId]);
  expect(await open()).toEqual([false, true]);
});
