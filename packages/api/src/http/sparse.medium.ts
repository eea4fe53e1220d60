import { type OperationDefinition, operations, sparseMembers } from '@matryoshka/contract';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { send } from '../testing/http.ts';
import { startTestPlatform, type TestApi, type TestPlatform } from '../testing/platform.ts';

let platform: TestPlatform;
let api: TestApi;
let token: string;
let params: { readonly clusterId: string; readonly operationId: string };
beforeAll(async () => {
  platform = await startTestPlatform();
  api = await platform.startApi();
  token = await platform.login(await platform.newProject(), 'admin');
  for (const name of ['one', 'two']) {
    const pools = [{ name: 'workers', flavor: 'm1.small', count: 1 }];
    const { body } = await send(api.url, 'cluster.create', { token, body: { name, pools } });
    params = { clusterId: body.clusterId, operationId: body.id };
  }
});
afterAll(async () => await platform?.stop());

it('answers with those members only that were asked for, also on the next page', async () => {
  const first = await send(api.url, 'cluster.list', { token, query: { fields: 'name,status', limit: '1' } });
  expect(first.body.items).toEqual([{ name: 'one', status: expect.objectContaining({ phase: 'creating' }) }]);
  const next = /<([^>]+)>; rel="next"/.exec(first.headers.get('link') ?? '')?.[1];
  const second = await fetch(`${api.url}${next}`, { headers: { authorization: `Bearer ${token}` } });
  expect(await second.json()).toMatchObject({ items: [{ name: 'two' }] });
  const one = await send(api.url, 'cluster.get', { token, params, query: { fields: 'id' } });
  expect(one.body).toEqual({ id: params.clusterId });
  expect(one.headers.get('etag')).toMatch(/^"\d+"$/);
});

it.each(
  (Object.entries(operations) as [keyof typeof operations, OperationDefinition][]).filter(([, { sparse }]) => sparse),
)('%s takes every member of its own, and no other', async (id, definition) => {
  const expiresAt = new Date(Date.now() + 3_600_000);
  const isProvider = definition.access === 'provider';
  const given = isProvider ? await platform.login('p1', 'admin', { expiresAt, isProvider }) : token;
  const call = { token: given, params };
  const all = await send(api.url, id, { ...call, query: { fields: sparseMembers(definition).join(',') } });
  expect(all.body).toEqual((await send(api.url, id, call)).body);
  const wrong = await send(api.url, id, { ...call, query: { fields: 'xyzzy,' } });
  expect(wrong.status).toBe(422);
  expect(wrong.body.violations).toMatchObject([
    { pointer: '?fields', code: 'unknown_field', message: expect.stringContaining('must be some of') },
    { pointer: '?fields' },
  ]);
});

it('is not known elsewhere', async () => {
  expect((await send(api.url, 'me.get', { token, query: { fields: 'user' } })).status).toBe(422);
});
