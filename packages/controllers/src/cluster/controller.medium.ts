import { randomBytes } from 'node:crypto';
import { defaultClusterSettings, defaultPoolSettings, planCluster } from '@matryoshka/domain';
import { type Connection, createKubeClient, type KubeClient } from '@matryoshka/kube';
import {
  bumpCluster,
  createPool,
  createSecretBox,
  fixedKeys,
  getCluster,
  getOperation,
  inProject,
  insertCluster,
  insertOperation,
  listen,
  migrate,
  newClusterId,
  newOperationId,
  type Pool,
  prepareDatabase,
  registerManagementCluster,
  saveProject,
} from '@matryoshka/postgres';
import { createLogger } from '@matryoshka/system';
import { startTestApiServer, type TestApiServer } from '@matryoshka/testkit';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { runWhileLeading } from '../lead.ts';
import { joinFleet } from '../management-cluster/observe.ts';
import { settingsFixture } from '../testing/fixtures.ts';
import { createMemoryCloud } from '../testing/memory-cloud.ts';
import { installDefinitions, playTenantAddons, playUpstream } from '../testing/upstream.ts';
import type { ClusterContext } from './context.ts';
import { runClusterController } from './controller.ts';
import { createPostgresClusterStore } from './postgres-store.ts';
import { createTenantClients } from './tenant-clients.ts';

const log = createLogger('test');
const passwords = { owner: 'o', api: 'a', controller: 'c' };
const cloud = createMemoryCloud(() => undefined);
let server: TestApiServer;
let client: KubeClient;
let api: Pool;

const scope = (projectId: string) => ({ projectId, clusterIds: null });

beforeAll(async () => {
  server = await startTestApiServer();
  client = createKubeClient(server.connection);
  await installDefinitions(client);
  await playTenantAddons(client);
  await prepareDatabase({ superuserUrl: server.postgres.superuserUrl, database: 'kaas', passwords });
  await migrate(server.postgres.url('kaas', 'kaas', passwords.owner));
  api = createPool(server.postgres.url('kaas', 'kaas_api', passwords.api));
  await saveProject(api, { id: 'p1', name: 'p1' });
  await registerAsController('default');
});
afterAll(async () => {
  await api?.end();
  await client?.close();
  await server?.stop();
});

async function registerAsController(name: string): Promise<void> {
  const pool = createPool(server.postgres.url('kaas', 'kaas_controller', passwords.controller));
  await registerManagementCluster(pool, name, 'RegionOne').finally(async () => await pool.end());
}

/** What kaas-api does for a customer: one transaction, and nothing else. */
async function request(
  kind: 'cluster.create' | 'cluster.delete',
  id: string,
  managementCluster = 'default',
): Promise<string> {
  const operationId = newOperationId();
  await inProject(api, scope('p1'), async (tx) => {
    let generation = 1;
    if (kind === 'cluster.delete') generation = await bumpCluster(tx, id, { deleted: { volumes: 'keep' } });
    else
      await insertCluster(tx, {
        id,
        projectId: 'p1',
        name: id,
        labels: {},
        kubernetesVersion: 'v1.36.3',
        tier: 'standard',
        ...defaultClusterSettings,
        place: { managementCluster, dataStore: 'default' },
        pools: [
          {
            name: 'workers',
            flavor: 'm1.small',
            count: 1,
            labels: {},
            taints: [],
            kubernetesVersion: 'v1.36.3',
            ...defaultPoolSettings,
          },
        ],
      });
    const common = { message: '', requestedBy: 'u', requestId: 'r' };
    await insertOperation(tx, { id: operationId, projectId: 'p1', clusterId: id, kind, generation, ...common });
  });
  return operationId;
}

/** One controller process with its own connections, until the signal aborts. */
async function runController(
  holder: string,
  notify: boolean,
  signal: AbortSignal,
  at: { readonly managementCluster: string; readonly connection: Connection } = {
    managementCluster: 'default',
    connection: server.connection,
  },
): Promise<void> {
  const databaseUrl = server.postgres.url('kaas', 'kaas_controller', passwords.controller);
  const pool = createPool(databaseUrl, { notify });
  const management = createKubeClient(at.connection);
  const tenants = createTenantClients();
  const context: ClusterContext = {
    plan: planCluster,
    management,
    cloud: cloud.cloud,
    connect: cloud.connect,
    store: createPostgresClusterStore(pool, box, at.managementCluster),
    tenants,
    settings: settingsFixture,
    log,
    now: () => new Date(),
    externalNetworkId: async () => 'external-network',
    volumeTypes: async () => ['__DEFAULT__', 'fast'],
  };
  const options = {
    workers: 2,
    pollIntervalMs: 200,
    reconcileTimeoutMs: 30_000,
    notify,
    listen: async (onCluster: (id: string) => void, stop: AbortSignal) =>
      await listen(databaseUrl, 'kaas_clusters', onCluster, stop),
  };
  const name = `clusters/${at.managementCluster}`;
  await runWhileLeading({ databaseUrl, name, holder, retryMs: 200, log, signal }, async (leading) => {
    leaders.push(holder);
    await runClusterController(context, options, leading);
  });
  await Promise.all([tenants.close(), management.close(), pool.end()]);
}

const box = createSecretBox(fixedKeys([randomBytes(32)]));
const leaders: string[] = [];

const operationState = async (id: string): Promise<string | undefined> =>
  await inProject(api, scope('p1'), async (tx) => (await getOperation(tx, id))?.state);

/** Lets upstream act until the operation has ended well. */
async function untilDone(
  clusterId: string,
  operationId: string,
  at: { readonly client: KubeClient; readonly connection: Connection } = { client, connection: server.connection },
): Promise<void> {
  await expect
    .poll(
      async () => {
        await playUpstream(at.client, clusterId, at.connection);
        return await operationState(operationId);
      },
      { timeout: 90_000, interval: 300 },
    )
    .toBe('succeeded');
}

test.each([
  ['with notifications and watches', true],
  ['with neither', false],
])('a row becomes a cluster and goes away again, %s', async (_name, notify) => {
  const stop = new AbortController();
  const running = runController('one', notify, stop.signal);
  try {
    const id = newClusterId();
    await untilDone(id, await request('cluster.create', id));
    const made = await inProject(api, scope('p1'), async (tx) => await getCluster(tx, id));
    expect(made).toMatchObject({ status: { phase: 'ready', pools: [{ name: 'workers', desired: 1, ready: 1 }] } });
    expect(made?.observedGeneration).toBe(made?.generation);
    await untilDone(id, await request('cluster.delete', id));
    expect(await inProject(api, scope('p1'), async (tx) => await getCluster(tx, id))).toBeUndefined();
    expect(await client.find({ apiVersion: 'v1', kind: 'Namespace', name: id })).toBeUndefined();
    expect(cloud.users.size).toBe(0);
  } finally {
    stop.abort();
    await running;
  }
});

test('of two controllers one works, and the other takes over at once when it ends', async () => {
  leaders.splice(0);
  const [first, second] = [new AbortController(), new AbortController()];
  const one = runController('one', true, first.signal);
  await expect.poll(() => leaders).toEqual(['one']);
  const two = runController('two', true, second.signal);
  const id = newClusterId();
  const created = await request('cluster.create', id);
  await expect.poll(async () => cloud.users.size, { timeout: 30_000 }).toBe(1);
  expect(leaders).toEqual(['one']);
  first.abort();
  await one;
  await untilDone(id, created);
  expect(leaders).toEqual(['one', 'two']);
  await untilDone(id, await request('cluster.delete', id));
  second.abort();
  await two;
});

test('of two management clusters each has a controller, which touches nothing of the other', async () => {
  const other = await startTestApiServer();
  const otherClient = createKubeClient(other.connection);
  const stop = new AbortController();
  const running: Promise<void>[] = [];
  try {
    await installDefinitions(otherClient);
    await playTenantAddons(otherClient);
    await registerAsController('second');
    running.push(runController('one', true, stop.signal));
    running.push(
      runController('two', true, stop.signal, { managementCluster: 'second', connection: other.connection }),
    );
    const [here, there] = [newClusterId(), newClusterId()];
    const [ours, theirs] = [await request('cluster.create', here), await request('cluster.create', there, 'second')];
    const at = { client: otherClient, connection: other.connection };
    await Promise.all([untilDone(here, ours), untilDone(there, theirs, at)]);
    const namespaces = async (of: KubeClient): Promise<readonly string[]> =>
      (await of.list({ apiVersion: 'v1', kind: 'Namespace' })).items.flatMap(({ metadata: { name } }) =>
        [here, there].includes(name) ? [name] : [],
      );
    expect([await namespaces(client), await namespaces(otherClient)]).toEqual([[here], [there]]);
    await Promise.all([
      untilDone(here, await request('cluster.delete', here)),
      untilDone(there, await request('cluster.delete', there), at),
    ]);
    expect([await namespaces(client), await namespaces(otherClient)]).toEqual([[], []]);
  } finally {
    stop.abort();
    await Promise.all(running);
    await otherClient.close();
    await other.stop();
  }
});

test('a management cluster in another region is refused', async () => {
  const pool = createPool(server.postgres.url('kaas', 'kaas_controller', passwords.controller));
  const join = async (region: string) =>
    await joinFleet(pool, { name: 'abroad', region, log, signal: AbortSignal.timeout(10_000) });
  try {
    await expect(join('RegionTwo')).rejects.toMatchObject({ code: 'other_region' });
    const { rowCount } = await pool.query("select from management_clusters where name = 'abroad'");
    expect(rowCount).toBe(0);
    await join('RegionOne');
  } finally {
    await pool.end();
  }
});
