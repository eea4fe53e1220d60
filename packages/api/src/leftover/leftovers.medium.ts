import type { Resource } from '@matryoshka/domain';
import {
  listAdoptions,
  listRemovals,
  noteAdoption,
  noteRemoval,
  removeCluster,
  replaceLeftovers,
} from '@matryoshka/postgres';
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

function thing(owner: { clusterId: string; projectId: string }, kind: Resource['kind'], id: string): Resource {
  return {
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
  };
}

const loginProvider = async (projectId: string): Promise<string> =>
  await platform.login(projectId, 'viewer', { expiresAt: new Date(Date.now() + 3_600_000), isProvider: true });

it('are shown to the provider, who removes what nobody kept, and nothing else', async () => {
  const home = await platform.newProject();
  const token = await loginProvider(home);
  const keeper = await newDeletedCluster('keeper', 'keep');
  const other = await newDeletedCluster('other', 'delete');
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

it('are given to a cluster of the same project that stays, when they are data', async () => {
  const token = await loginProvider(await platform.newProject());
  const gone = await newDeletedCluster('gone', 'keep');
  const customer = await platform.login(gone.projectId, 'admin');
  const create = async (name: string, by = customer): Promise<string> =>
    (await send(api.url, 'cluster.create', { token: by, body: { name } })).body.clusterId;
  const heir = await create('heir');
  const going = await create('going');
  await send(api.url, 'cluster.delete', { token: customer, params: { clusterId: going } });
  const foreign = await create('foreign', await platform.login(await platform.newProject(), 'admin'));
  await replaceLeftovers(platform.controller, ['volume'], [thing(gone, 'volume', 'v')]);
  await replaceLeftovers(platform.controller, ['load-balancer'], [thing(gone, 'load-balancer', 'lb-2')]);

  const adopt = async (kind: string, leftoverId: string, clusterId: string) =>
    await send(api.url, 'leftover.adopt', { token, params: { kind, leftoverId }, body: { clusterId } });
  const refused = { status: 409, body: { code: 'leftover_not_adoptable' } };
  for (const to of [foreign, going, gone.clusterId, 'c-absent', 'nonsense'])
    expect(await adopt('volume', 'v', to), to).toMatchObject(refused);
  expect(await adopt('load-balancer', 'lb-2', heir)).toMatchObject(refused);
  expect((await adopt('volume', 'absent', heir)).status).toBe(404);
  expect(await listAdoptions(platform.controller)).toEqual([]);

  expect((await adopt('volume', 'v', heir)).status).toBe(204);
  expect((await adopt('volume', 'v', heir)).status).toBe(204);
  expect(await listAdoptions(platform.controller)).toEqual([{ kind: 'volume', id: 'v', clusterId: heir }]);
  const shown = async () =>
    (await send(api.url, 'leftover.list', { token })).body.items.find(({ id }: { id: string }) => id === 'v');
  await noteAdoption(platform.controller, { kind: 'volume', id: 'v' }, 'Cinder is away');
  const adoption = { clusterId: heir, clusterName: 'heir', error: 'Cinder is away' };
  expect(await shown()).toMatchObject({ reason: 'kept', removal: null, adoption });
  // It is asked for again when the cloud is back.
  await noteAdoption(platform.controller, { kind: 'volume', id: 'v' }, null);
  expect(await shown()).toMatchObject({ adoption: { error: null } });
});

it('are either removed or adopted, as was asked last', async () => {
  const token = await loginProvider(await platform.newProject());
  const gone = await newDeletedCluster('both', 'delete');
  const customer = await platform.login(gone.projectId, 'admin');
  const heir = (await send(api.url, 'cluster.create', { token: customer, body: { name: 'heir' } })).body.clusterId;
  await replaceLeftovers(platform.controller, ['volume'], [thing(gone, 'volume', 'w')]);
  const params = { kind: 'volume', leftoverId: 'w' };
  const wishes = async () => [
    (await listRemovals(platform.controller)).map(({ id }) => id),
    (await listAdoptions(platform.controller)).map(({ id }) => id),
  ];
  await send(api.url, 'leftover.remove', { token, params });
  expect(await wishes()).toEqual([['w'], []]);
  await send(api.url, 'leftover.adopt', { token, params, body: { clusterId: heir } });
  expect(await wishes()).toEqual([[], ['w']]);
  await send(api.url, 'leftover.remove', { token, params });
  expect(await wishes()).toEqual([['w'], []]);
});
