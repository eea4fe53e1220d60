import type { Resource } from '@matryoshka/domain';
import { listClusterOwners, replaceResources } from '@matryoshka/postgres';
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

it('shows what was seen last, page by page, and nothing of another cluster', async () => {
  const projectId = await platform.newProject();
  const token = await platform.login(projectId, 'operator');
  const create = async (name: string): Promise<string> =>
    (await send(api.url, 'cluster.create', { token, body: { name } })).body.clusterId;
  const [clusterId, other] = [await create('one'), await create('two')];
  expect(await listClusterOwners(platform.controller)).toEqual([
    { id: clusterId, projectId, deleted: false },
    { id: other, projectId, deleted: false },
  ]);
  const volume = (id: string, fields: Partial<Resource> = {}): Resource => ({
    clusterId,
    projectId,
    kind: 'volume',
    id,
    name: `pvc-${id}`,
    status: 'in-use',
    usedBy: 'PersistentVolumeClaim default/data',
    address: null,
    sizeGib: 1,
    createdAt: new Date('2026-11-25T10:00:00Z'),
    ...fields,
  });
  const seen = [volume('a'), volume('b'), volume('c'), volume('z', { clusterId: other })];
  const replace = async (resources: readonly Resource[]): Promise<number> =>
    await replaceResources(platform.controller, ['volume'], resources);
  expect(await replace(seen)).toBe(4);
  expect(await replace(seen)).toBe(0);

  const params = { clusterId };
  const first = await send(api.url, 'resource.list', { token, params, query: { limit: '2' } });
  const { clusterId: _, projectId: __, ...shown } = volume('a');
  expect(first.body.items).toMatchObject([{ ...shown, createdAt: '2026-11-25T10:00:00.000Z' }, { id: 'b' }]);
  const { nextCursor: cursor } = first.body;
  const second = await send(api.url, 'resource.list', { token, params, query: { limit: '2', cursor } });
  expect(second.body).toEqual({ items: [expect.objectContaining({ id: 'c' })] });
  const wrong = await send(api.url, 'resource.list', { token, params: { clusterId: other }, query: { cursor } });
  expect(wrong).toMatchObject({ status: 422, body: { code: 'validation_failed' } });

  // One changed, one gone, one came; another kind is not touched.
  const balancer = volume('lb', { kind: 'load-balancer', sizeGib: null, address: '172.29.0.9' });
  await replaceResources(platform.controller, ['load-balancer', 'floating-ip'], [balancer]);
  expect(await replace([volume('a'), volume('b', { status: 'error' }), volume('d')])).toBe(4);
  const { body } = await send(api.url, 'resource.list', { token, params });
  expect(body.items.map(({ id, status }: Resource) => `${id} ${status}`)).toEqual([
    'lb in-use',
    'a in-use',
    'b error',
    'd in-use',
  ]);
});
