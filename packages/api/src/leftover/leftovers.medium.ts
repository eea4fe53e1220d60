import type { Resource } from '@matryoshka/domain';
import { listRemovals, noteRemoval, removeCluster, replaceLeftovers } from '@matryoshka/postgres';
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

async function newDeletedCluster(name: string, volumes: 'keep' | 'delete') {
  const projectId = await platform.newProject();
  const token = await platform.login(projectId, 'admin');
  const { clusterId } = (await send(api.url, 'cluster.create', { token, body: { name } })).body;
  await send(api.url, 'cluster.delete', { token, params: { clusterId }, query: { volumes } });
  await removeCluster(platform.controller, clusterId, new Date());
  return { clusterId, projectId };
}

it('are shown to the provider, who removes what nobody kept, and nothing else', async () => {
  const expiresAt = new Date(Date.now() + 3_600_000);
  const home = await platform.newProject();
  const token = await platform.login(home, 'viewer', { expiresAt, isProvider: true });
  const keeper = await newDeletedCluster('keeper', 'keep');
  const other = await newDeletedCluster('other', 'delete');
  const thing = (owner: typeof keeper, kind: 'volume' | 'load-balancer', id: string): Resource => ({
    ...owner,
    ...{
      kind,
      id,
      name: `name of ${id}`,
      status: 'available',
      usedBy: null,
      address: null,
      sizeGib: 1,
      createdAt: null,
    },
  });
  const volumes = [thing(keeper, 'volume', 'v-kept'), thing(other, 'volume', 'v-left')];
  await replaceLeftovers(platform.controller, ['volume'], volumes);
  await replaceLeftovers(platform.controller, ['load-balancer'], [thing(keeper, 'load-balancer', 'lb')]);

  const list = async () =>
    (await send(api.url, 'leftover.list', { token })).body.items.map(
      ({ id, reason, removal, clusterName }: { id: string; reason: string; removal: unknown; clusterName: string }) =>
        `${clusterName} ${id} ${reason} ${JSON.stringify(removal === null ? null : (removal as { error: unknown }).error)}`,
    );
  const all = ['keeper lb left null', 'keeper v-kept kept null', 'other v-left left null'];
  expect(await list()).toEqual(all);
  const first = (await send(api.url, 'leftover.list', { token, query: { limit: '2' } })).body;
  const next = (await send(api.url, 'leftover.list', { token, query: { limit: '2', cursor: first.nextCursor } })).body;
  expect(next.items).toMatchObject([{ id: 'v-left' }]);

  const remove = async (kind: string, leftoverId: string) =>
    await send(api.url, 'leftover.remove', { token, params: { kind, leftoverId } });
  expect(await remove('volume', 'v-kept')).toMatchObject({ status: 409, body: { code: 'leftover_kept' } });
  expect((await remove('volume', 'lb')).status).toBe(404);
  expect((await remove('volume', 'v-left')).status).toBe(204);
  expect((await remove('volume', 'v-left')).status).toBe(204);
  expect(await listRemovals(platform.controller)).toEqual([{ kind: 'volume', id: 'v-left' }]);
  const audit = await platform.controller.query<{ project_id: string; resource: string }>(
    "select project_id, resource from audit_records where action = 'leftover.remove'",
  );
  expect(audit.rows[0]).toEqual({ project_id: home, resource: 'volume/v-left' });

  await noteRemoval(platform.controller, { kind: 'volume', id: 'v-left' }, 'it is in use');
  expect(await list()).toContain('other v-left left "it is in use"');
  await replaceLeftovers(platform.controller, ['volume'], [thing(keeper, 'volume', 'v-kept')]);
  expect(await list()).toEqual(all.slice(0, 2));
});
