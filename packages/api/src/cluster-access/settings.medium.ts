import { afterAll, beforeAll, expect, it } from 'vitest';
import { send } from '../testing/http.ts';
import { startTestPlatform, type TestApi, type TestPlatform } from '../testing/platform.ts';

let platform: TestPlatform;
let api: TestApi;
let token: string;
beforeAll(async () => {
  platform = await startTestPlatform();
  api = await platform.startApi();
  token = await platform.login(await platform.newProject(), 'admin');
});
afterAll(async () => await platform?.stop());

const corp = { name: 'corp', url: 'https://id.example.com', audiences: ['kubernetes'] };
const accessOf = async (clusterId: string) =>
  (await send(api.url, 'cluster.get', { token, params: { clusterId } })).body.access;
const change = async (clusterId: string, access: object) =>
  await send(api.url, 'cluster.update', { token, params: { clusterId }, body: { access } });

it('are open by default, change one by one, and come back when the change is cancelled', async () => {
  const made = await send(api.url, 'cluster.create', { token, body: { name: 'one' } });
  const { clusterId } = made.body;
  expect(await accessOf(clusterId)).toEqual({ allowedRanges: [], oidcIssuers: [] });
  await change(clusterId, { oidcIssuers: [corp] });
  const known = {
    ...{ ...corp, usernameClaim: 'sub', usernamePrefix: 'corp:', groupsClaim: null, groupsPrefix: 'corp:' },
    certificateAuthority: null,
  };
  const closed = await change(clusterId, { allowedRanges: ['203.0.113.0/24'] });
  expect(await accessOf(clusterId)).toEqual({ allowedRanges: ['203.0.113.0/24'], oidcIssuers: [known] });
  const cancelled = await send(api.url, 'operation.cancel', { token, params: { operationId: closed.body.id } });
  expect(cancelled.status).toBe(202);
  expect(await accessOf(clusterId)).toEqual({ allowedRanges: [], oidcIssuers: [known] });
  // What somebody else wants changed is left alone.
  await send(api.url, 'cluster.update', { token, params: { clusterId }, body: { tier: 'ha' } });
  expect((await accessOf(clusterId)).oidcIssuers).toEqual([known]);
});

it('are refused where they are wrong, at creation and after', async () => {
  const wrong = {
    allowedRanges: ['2001:db8::/32'],
    oidcIssuers: [{ ...corp, url: 'https://issuer.test', certificateAuthority: 'PEM' }],
  };
  const pointers = [
    '/access/allowedRanges/0',
    '/access/oidcIssuers/0/certificateAuthority',
    '/access/oidcIssuers/0/url',
  ];
  const made = await send(api.url, 'cluster.create', { token, body: { name: 'two', access: wrong } });
  const of = (answer: typeof made) =>
    answer.body.violations.map(({ pointer }: { pointer: string }) => pointer).toSorted();
  expect(of(made)).toEqual(pointers);
  const { body } = await send(api.url, 'cluster.create', { token, body: { name: 'two' } });
  expect(of(await change(body.clusterId, wrong))).toEqual(pointers);
  expect((await change(body.clusterId, { oidcIssuers: [{ name: 'x' }] })).status).toBe(422);
});

it('cannot close a cluster that is older than they are, and leave it alone otherwise', async () => {
  const { clusterId } = (await send(api.url, 'cluster.create', { token, body: { name: 'old' } })).body;
  await platform.asSuperuser(`update clusters set allowed_ranges = null where id = '${clusterId}'`);
  const refused = await change(clusterId, { allowedRanges: ['203.0.113.0/24'] });
  expect(refused.body.violations).toMatchObject([{ pointer: '/access/allowedRanges', code: 'not_possible' }]);
  expect((await change(clusterId, { allowedRanges: [], oidcIssuers: [corp] })).status).toBe(202);
  const { rows } = await platform.controller.query('select allowed_ranges from clusters where id = $1', [clusterId]);
  expect(rows).toEqual([{ allowed_ranges: null }]);
});
