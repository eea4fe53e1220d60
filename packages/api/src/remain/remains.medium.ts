import { addLedgerEntry, getCluster, listDueClusters, removeCluster } from '@matryoshka/postgres';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { send } from '../testing/http.ts';
import { startTestPlatform, type TestApi, type TestPlatform } from '../testing/platform.ts';

let platform: TestPlatform;
let api: TestApi;
let provider: string;
let token: string;
beforeAll(async () => {
  platform = await startTestPlatform();
  api = await platform.startApi();
  const expiresAt = new Date(Date.now() + 3_600_000);
  provider = await platform.login(await platform.newProject(), 'viewer', { expiresAt, isProvider: true });
  token = await platform.login(await platform.newProject(), 'admin');
});
afterAll(async () => await platform?.stop());

const remains = async () => (await send(api.url, 'remain.list', { token: provider })).body.items;
const dismiss = async (clusterId: string, kind: string, name: string) =>
  (await send(api.url, 'remain.dismiss', { token: provider, params: { clusterId }, body: { kind, name } })).status;

it('of a deletion that the provider ends stay in the ledger, and the customer is rid of the cluster', async () => {
  const { clusterId } = (await send(api.url, 'cluster.create', { token, body: { name: 'stuck' } })).body;
  const params = { clusterId };
  const force = { token: provider, params, body: { reason: 'Octavia has lost it' } };
  expect((await send(api.url, 'deletion.force', force)).body.code).toBe('not_deleting');
  const withNul = { ...force, body: { reason: 'a\u0000b' } };
  expect((await send(api.url, 'deletion.force', withNul)).body.violations).toMatchObject([{ pointer: '/reason' }]);
  const deletion = await send(api.url, 'cluster.delete', { token, params });
  await addLedgerEntry(platform.controller, clusterId, { kind: 'load-balancers', name: clusterId });
  await addLedgerEntry(platform.controller, clusterId, { kind: 'namespace', name: clusterId });
  await platform.controller.query("update clusters set not_before = now() + interval '1 hour' where id = $1", [
    clusterId,
  ]);
  await expect(removeCluster(platform.controller, clusterId, new Date())).rejects.toMatchObject({
    code: 'ledger_not_empty',
  });
  expect(await remains()).toEqual([]);

  expect((await send(api.url, 'deletion.force', force)).status).toBe(204);
  // Due at once, whatever pause it was in.
  const due = await listDueClusters(platform.controller, { managementCluster: 'default', limit: 10 });
  expect(due.map(({ id, forced }) => [id, forced])).toContainEqual([clusterId, true]);
  // Nothing remains before it has ended.
  expect(await remains()).toEqual([]);
  await removeCluster(platform.controller, clusterId, new Date());
  expect(await getCluster(platform.controller, clusterId)).toBeUndefined();
  expect((await send(api.url, 'cluster.get', { token, params })).status).toBe(404);
  const operation = await send(api.url, 'operation.get', { token, params: { operationId: deletion.body.id } });
  expect(operation.body).toMatchObject({
    state: 'succeeded',
    phases: expect.arrayContaining([expect.objectContaining({ message: 'ended by the provider' })]),
  });
  expect((await send(api.url, 'cluster.create', { token, body: { name: 'stuck' } })).status).toBe(202);

  expect(await remains()).toMatchObject([
    { clusterId, clusterName: 'stuck', kind: 'load-balancers', reason: 'Octavia has lost it' },
    { clusterId, kind: 'namespace' },
  ]);
  expect(await dismiss(clusterId, 'load-balancers', clusterId)).toBe(204);
  expect(await dismiss(clusterId, 'load-balancers', clusterId)).toBe(404);
  expect(await remains()).toMatchObject([{ kind: 'namespace' }]);
  const { rows } = await platform.controller.query(
    "select action, before, after from audit_records where resource = $1 and action in ('deletion.force', 'remain.dismiss') order by id",
    [clusterId],
  );
  expect(rows).toEqual([
    { action: 'deletion.force', before: null, after: { reason: 'Octavia has lost it' } },
    { action: 'remain.dismiss', before: { kind: 'load-balancers', name: clusterId }, after: null },
  ]);
});

it('are never of a cluster that lives', async () => {
  const { clusterId } = (await send(api.url, 'cluster.create', { token, body: { name: 'alive' } })).body;
  await addLedgerEntry(platform.controller, clusterId, { kind: 'namespace', name: clusterId });
  expect(await dismiss(clusterId, 'namespace', clusterId)).toBe(404);
  const { rowCount } = await platform.controller.query('select from ledger where cluster_id = $1', [clusterId]);
  expect(rowCount).toBe(1);
});
