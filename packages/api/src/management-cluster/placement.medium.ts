import {
  type ObservedManagementCluster,
  registerManagementCluster,
  reportManagementCluster,
} from '@matryoshka/postgres';
import { afterAll, beforeEach, expect, it } from 'vitest';
import { send } from '../testing/http.ts';
import { startTestPlatform, type TestApi, type TestPlatform } from '../testing/platform.ts';

let platform: TestPlatform | undefined;
let api: TestApi;
let provider: string;

beforeEach(async () => {
  await platform?.stop();
  platform = await startTestPlatform();
  api = await platform.startApi();
  const expiresAt = new Date(Date.now() + 3_600_000);
  provider = await platform.login(await platform.newProject(), 'viewer', { expiresAt, isProvider: true });
});
afterAll(async () => await platform?.stop());

const running = (): TestPlatform => {
  if (platform === undefined) throw new Error('no platform');
  return platform;
};

const store = { name: 'default', maxTenants: null, maxConnections: null, maxBytes: null, connections: 7, bytes: 4096 };
const roomy: ObservedManagementCluster = {
  nodes: 3,
  capacity: { cpuMillis: 100_000, memoryMib: 1_000_000, pods: 1_000 },
  reserved: { cpuMillis: 1_000, memoryMib: 1_000, pods: 10 },
  dataStores: [store],
};

async function observed(name: string, change: Partial<ObservedManagementCluster> = {}): Promise<void> {
  await registerManagementCluster(running().controller, name, 'RegionOne');
  await reportManagementCluster(running().controller, name, { ...roomy, ...change });
}

async function create(body: object = {}): Promise<Awaited<ReturnType<typeof send>>> {
  const token = await running().login(await running().newProject(), 'admin');
  return await send(api.url, 'cluster.create', { token, body: { name: 'demo', ...body } });
}

const whereAll = async (): Promise<readonly string[]> => {
  const sql = 'select management_cluster as at from clusters order by created_at, id';
  return (await running().controller.query<{ at: string }>(sql)).rows.map(({ at }) => at);
};
const listed = async () => (await send(api.url, 'management-cluster.list', { token: provider })).body.items;

it('puts control planes where most room is, and shows the provider what is left', async () => {
  await observed('default', { reserved: { cpuMillis: 50_000, memoryMib: 1_000, pods: 10 } });
  await observed('second');
  expect((await create({ tier: 'ha' })).status).toBe(202);
  expect(await whereAll()).toEqual(['second']);
  const [first, second] = await listed();
  expect(first).toMatchObject({ name: 'default', state: 'active', tenants: { standard: 0, ha: 0 }, full: null });
  expect(second).toMatchObject({
    name: 'second',
    region: 'RegionOne',
    tenants: { standard: 0, ha: 1 },
    used: { cpuMillis: 1_250, memoryMib: 2_550, pods: 14 },
    room: { standard: true, ha: true },
    dataStores: [{ name: 'default', tenants: { ha: 1 }, reservedConnections: 20, connections: 7, bytes: 4096 }],
  });
  const query = { managementCluster: 'second' };
  const found = await send(api.url, 'fleet.clusters', { token: provider, query });
  expect(found.body.items).toMatchObject([{ name: 'demo', managementCluster: 'second' }]);
});

it('never exceeds a budget, however many ask at once, and tells customers nothing of the fleet', async () => {
  await observed('default', { dataStores: [{ ...store, maxTenants: 3 }] });
  await observed('second', { dataStores: [{ ...store, maxConnections: 45 }] });
  const second = await running().startApi();
  const tokens = await Promise.all(
    Array.from({ length: 20 }, async () => await running().login(await running().newProject(), 'admin')),
  );
  const answers = await Promise.all(
    tokens.map(
      async (token, index) =>
        await send((index % 2 === 0 ? api : second).url, 'cluster.create', { token, body: { name: 'x' } }),
    ),
  );
  expect(answers.filter(({ status }) => status === 202)).toHaveLength(7);
  const refused = answers.filter(({ status }) => status !== 202);
  expect(new Set(refused.map(({ status, body }) => `${status} ${body.code}`))).toEqual(new Set(['503 no_capacity']));
  expect(refused.map(({ text }) => text).join()).not.toMatch(/default|second|tenants|connections/);
  expect((await whereAll()).toSorted()).toEqual([...Array(3).fill('default'), ...Array(4).fill('second')]);
  expect((await listed()).map(({ full }: { readonly full: string }) => full)).toEqual([
    'has no DataStore with room (default has 3 of 3 tenants)',
    'has no DataStore with room (default would need 50 of 45 connections)',
  ]);
  // A dry run says the same, and takes no room.
  const token = await running().login(await running().newProject(), 'admin');
  expect((await send(api.url, 'cluster.plan', { token, body: { name: 'x' } })).body.code).toBe('no_capacity');
  await observed('default', { dataStores: [{ ...store, maxTenants: 4 }] });
  expect((await send(api.url, 'cluster.plan', { token, body: { name: 'x' } })).status).toBe(200);
  expect((await send(api.url, 'cluster.create', { token, body: { name: 'x' } })).status).toBe(202);
});

it('places nothing in a cordoned one, and again after', async () => {
  await observed('default');
  await observed('second', { reserved: { cpuMillis: 90_000, memoryMib: 1_000, pods: 10 } });
  const params = { managementCluster: 'default' };
  const cordon = { token: provider, params, body: { reason: 'new kernel' } };
  expect((await send(api.url, 'management-cluster.cordon', cordon)).body).toMatchObject({
    state: 'cordoned',
    cordonReason: 'new kernel',
    full: 'is cordoned',
  });
  await create();
  // What a controller reports leaves the cordon as it is.
  await observed('default');
  await create();
  expect(await whereAll()).toEqual(['second', 'second']);
  await send(api.url, 'management-cluster.uncordon', { token: provider, params });
  await create();
  expect((await whereAll()).at(-1)).toBe('default');
  const sql = "select action, before, after from audit_records where resource = 'default' order by id";
  expect((await running().controller.query(sql)).rows).toEqual([
    {
      action: 'management-cluster.cordon',
      before: { cordoned: false, cordonReason: null },
      after: { cordoned: true, cordonReason: 'new kernel' },
    },
    {
      action: 'management-cluster.uncordon',
      before: { cordoned: true, cordonReason: 'new kernel' },
      after: { cordoned: false, cordonReason: null },
    },
  ]);
  const nowhere = { ...cordon, params: { managementCluster: 'third' } };
  expect((await send(api.url, 'management-cluster.cordon', nowhere)).status).toBe(404);
});

it('waits for a controller rather than refuse while all are silent, and puts new ones where somebody is', async () => {
  await observed('default');
  await running().asSuperuser("update management_clusters set observed_at = now() - interval '1 day'");
  expect((await listed())[0]).toMatchObject({ state: 'silent', room: { standard: true } });
  expect((await create()).status).toBe(202);
  await observed('second', { reserved: { cpuMillis: 90_000, memoryMib: 1_000, pods: 10 } });
  expect((await create()).status).toBe(202);
  expect(await whereAll()).toEqual(['default', 'second']);
});

it('makes no control plane larger than there is room for, cordoned or not', async () => {
  await observed('default', { dataStores: [{ ...store, maxConnections: 30 }] });
  const token = await running().login(await running().newProject(), 'admin');
  const [one, two] = [
    (await send(api.url, 'cluster.create', { token, body: { name: 'one' } })).body.clusterId,
    (await send(api.url, 'cluster.create', { token, body: { name: 'two' } })).body.clusterId,
  ];
  await send(api.url, 'management-cluster.cordon', {
    token: provider,
    params: { managementCluster: 'default' },
    body: { reason: 'x' },
  });
  const grow = async (clusterId: string, tier: string) =>
    (await send(api.url, 'cluster.update', { token, params: { clusterId }, body: { tier } })).status;
  expect(await grow(one, 'ha')).toBe(202);
  expect(await grow(two, 'ha')).toBe(503);
  expect(await grow(one, 'ha')).toBe(202);
  expect(await grow(one, 'standard')).toBe(202);
  expect(await grow(two, 'ha')).toBe(202);
});
