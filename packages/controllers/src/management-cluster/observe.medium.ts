import { createKubeClient, type KubeClient, type KubeObject } from '@matryoshka/kube';
import { closeTenantDatabases, measureDataStore } from '@matryoshka/postgres';
import { createLogger } from '@matryoshka/system';
import { startTestApiServer, type TestApiServer } from '@matryoshka/testkit';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { installDefinitions } from '../testing/upstream.ts';
import { budgetAnnotations, dataStoreApiVersion } from './data-store.ts';
import { observeManagementCluster } from './observe.ts';

const log = createLogger('test');
let server: TestApiServer;
let client: KubeClient;
const options = {
  measure: measureDataStore,
  close: closeTenantDatabases,
  measureTenants: async () => undefined,
  log,
  signal: AbortSignal.timeout(120_000),
};
const apply = async (object: KubeObject): Promise<void> => {
  await client.apply(object, { fieldManager: 'test', force: true });
};

beforeAll(async () => {
  server = await startTestApiServer();
  client = createKubeClient(server.connection);
  await installDefinitions(client);
  const data = { username: Buffer.from('postgres').toString('base64'), password: Buffer.from('x').toString('base64') };
  await apply({ apiVersion: 'v1', kind: 'Namespace', metadata: { name: 'kamaji-system' } });
  await apply({
    apiVersion: 'v1',
    kind: 'Secret',
    metadata: { name: 'store', namespace: 'kamaji-system' },
    data,
  } as KubeObject);
});
afterAll(async () => {
  await client?.close();
  await server?.stop();
});

async function applyStore(
  name: string,
  endpoint: string,
  annotations: Readonly<Record<string, string>> = {},
): Promise<void> {
  const reference = (keyPath: string) => ({ secretReference: { name: 'store', namespace: 'kamaji-system', keyPath } });
  const basicAuth = { username: reference('username'), password: reference('password') };
  const spec = { driver: 'PostgreSQL', endpoints: [endpoint], basicAuth };
  await apply({
    apiVersion: dataStoreApiVersion,
    kind: 'DataStore',
    metadata: { name, annotations },
    spec,
  } as KubeObject);
}

it('sees nodes, what pods asked for, and DataStores with their budgets', async () => {
  const node = { apiVersion: 'v1', kind: 'Node', metadata: { name: 'n1' } };
  await apply(node);
  const quantities = { cpu: '2', memory: '4Gi', pods: '110' };
  const conditions = [
    {
      type: 'Ready',
      status: 'True',
      lastHeartbeatTime: new Date().toISOString(),
      lastTransitionTime: new Date().toISOString(),
    },
  ];
  await client.apply({ ...node, status: { allocatable: quantities, capacity: quantities, conditions } } as KubeObject, {
    ...{ fieldManager: 'test', force: true },
    subresource: 'status',
  });
  // The API server taints what is new.
  await client.patch(
    { apiVersion: 'v1', kind: 'Node', name: 'n1' },
    { spec: { taints: null } },
    { type: 'merge', fieldManager: 'test' },
  );
  const endpoint = `127.0.0.1:${server.postgres.port}`;
  await applyStore('default', endpoint);
  await applyStore('limited', endpoint, {
    [budgetAnnotations.tenants]: '12',
    [budgetAnnotations.connections]: '77',
    [budgetAnnotations.gib]: '2',
  });
  await applyStore('mistyped', endpoint, { [budgetAnnotations.tenants]: 'many' });
  await applyStore('away', '127.0.0.1:9');

  const found = await observeManagementCluster(client, options);
  expect(found).toMatchObject({ nodes: 1, capacity: { cpuMillis: 2000, memoryMib: 4096, pods: 110 } });
  const stores = Object.fromEntries(found.dataStores.map((store) => [store.name, store]));
  // PostgreSQL of the test takes 200 connections, three of them for superusers.
  expect(stores.default).toMatchObject({ maxTenants: null, maxConnections: Math.floor(197 * 0.8), maxBytes: null });
  expect(stores.default?.bytes).toBeGreaterThan(1_000_000);
  expect(stores.default?.connections).toBeGreaterThan(0);
  expect(stores.limited).toMatchObject({ maxTenants: 12, maxConnections: 77, maxBytes: 2 * 2 ** 30 });
  expect(stores.mistyped).toMatchObject({ maxTenants: null });
  expect(stores.away).toEqual({
    ...{ name: 'away', maxTenants: null, maxConnections: null, maxBytes: null },
    ...{ connections: null, bytes: null },
  });
});
