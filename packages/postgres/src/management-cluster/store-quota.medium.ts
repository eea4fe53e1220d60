import { startTestPostgres, type TestPostgres } from '@matryoshka/testkit';
import { afterAll, beforeAll, beforeEach, expect, it } from 'vitest';
import {
  createPool,
  getCluster,
  migrate,
  type Pool,
  prepareDatabase,
  registerManagementCluster,
  saveTenantStores,
} from '../index.ts';

let server: TestPostgres;
let pool: Pool;
beforeAll(async () => {
  server = await startTestPostgres();
  const passwords = { owner: 'o', api: 'a', controller: 'c' };
  await prepareDatabase({ superuserUrl: server.superuserUrl, database: 'kaas', passwords });
  await migrate(server.url('kaas', 'kaas', 'o'));
  pool = createPool(server.url('kaas', 'kaas_controller', 'c'));
  await registerManagementCluster(pool, 'default', 'RegionOne');
  await server.run("insert into projects (id, name) values ('p', 'p')", 'kaas');
});
afterAll(async () => {
  await pool?.end();
  await server?.stop();
});

const id = 'c-aaaaaaaaaa';
beforeEach(async () => {
  await server.run('delete from tenant_stores', 'kaas');
  await server.run(
    `insert into clusters (id, project_id, name, kubernetes_version, tier, node_cidr, pod_cidr, service_cidr)
     values ('${id}', 'p', 'demo', 'v1.36.3', 'ha', '10.0.0.0/24', '10.1.0.0/16', '10.2.0.0/16') on conflict do nothing`,
    'kaas',
  );
});

/** What is said of a cluster that uses so much of a hundred, and whether it is due for that. */
async function after(usedBytes: number, quotaBytes: number | null = 100): Promise<readonly unknown[]> {
  await server.run("update clusters set next_due_at = now() + interval '1 hour'", 'kaas');
  const store = { clusterId: id, bytes: 500, usedBytes, rows: 1, revision: 2, compactedRevision: 1 };
  await saveTenantStores(pool, [store], quotaBytes);
  const found = await getCluster(pool, id);
  const due = await server.run('select next_due_at <= now() from clusters', 'kaas');
  return [found?.status.store?.frozen, due];
}

it('is frozen above the quota and thawed well below it, and due each time', async () => {
  expect(await after(100)).toEqual([false, false]);
  expect(await after(101)).toEqual([true, true]);
  expect(await after(99), 'not yet well below').toEqual([true, false]);
  expect(await after(91)).toEqual([true, false]);
  expect(await after(90)).toEqual([false, true]);
  expect(await after(99), 'and may come near again').toEqual([false, false]);
});

it('is frozen from the first look on, and thawed when the quota grows or goes', async () => {
  expect(await after(101)).toEqual([true, true]);
  expect(await after(101, 200)).toEqual([false, true]);
  expect(await after(201, 200)).toEqual([true, true]);
  expect(await after(201, null)).toEqual([false, true]);
  expect((await getCluster(pool, id))?.status.store).toMatchObject({ bytes: 500, usedBytes: 201, quotaBytes: null });
});
