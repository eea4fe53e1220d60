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

it('finds clusters by their labels, as Kubernetes would', async () => {
  const token = await platform.login(await platform.newProject(), 'admin');
  const create = async (name: string, labels?: Record<string, string>) =>
    await send(api.url, 'cluster.create', { token, body: { name, ...(labels === undefined ? {} : { labels }) } });
  await create('a', { env: 'prod', 'example.com/team': 'x', empty: '' });
  const { clusterId } = (await create('b', { env: 'test' })).body;
  await create('c');
  const found = async (selector: string): Promise<string> =>
    (await send(api.url, 'cluster.list', { token, query: { selector } })).body.items
      .map(({ name }: { name: string }) => name)
      .join('');
  for (const [selector, names] of [
    ['env=prod', 'a'],
    ['env==test', 'b'],
    ['env!=prod', 'bc'],
    ['env', 'ab'],
    ['!env', 'c'],
    ['env in (prod, test)', 'ab'],
    ['env notin (prod)', 'bc'],
    ['env,example.com/team=x', 'a'],
    ['empty=', 'a'],
    ['env=nothing', ''],
  ] as const)
    expect(await found(selector), selector).toBe(names);
  const page = { token, query: { selector: 'env', limit: '1' } };
  const { nextCursor } = (await send(api.url, 'cluster.list', page)).body;
  const next = { token, query: { selector: 'env', limit: '1', cursor: nextCursor } };
  expect((await send(api.url, 'cluster.list', next)).body.items).toMatchObject([{ name: 'b' }]);
  const other = { token, query: { selector: '!env', cursor: nextCursor } };
  expect(await send(api.url, 'cluster.list', other)).toMatchObject({ status: 422 });
  const wrong = await send(api.url, 'cluster.list', { token, query: { selector: 'env in prod' } });
  expect(wrong).toMatchObject({
    status: 422,
    body: { violations: [{ pointer: '?selector', code: 'invalid_selector' }] },
  });

  const params = { clusterId };
  const changed = await send(api.url, 'cluster.update', { token, params, body: { labels: { env: 'prod' } } });
  expect(await found('env=prod')).toBe('ab');
  await send(api.url, 'operation.cancel', { token, params: { operationId: changed.body.id } });
  expect(await found('env=prod')).toBe('a');
  await send(api.url, 'cluster.update', { token, params, body: { tier: 'ha' } });
  expect((await send(api.url, 'cluster.get', { token, params })).body.labels).toEqual({ env: 'test' });

  const refused = await create('d', { 'bad key': 'x', fine: 'no good' });
  expect(refused.body.violations.map(({ pointer }: { pointer: string }) => pointer)).toEqual([
    '/labels/bad key',
    '/labels/fine',
  ]);
  const many = Object.fromEntries(Array.from({ length: 65 }, (_, n) => [`k${n}`, '']));
  expect(await create('d', many)).toMatchObject({ status: 422, body: { violations: [{ code: 'too_many_labels' }] } });
});
