import type { ProveIdentity } from '@matryoshka/application';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { send } from '../testing/http.ts';
import { startTestPlatform, type TestApi, type TestPlatform } from '../testing/platform.ts';

let platform: TestPlatform;
let api: TestApi;
const project = { id: 'p1', name: 'mine' };
/** Keystone itself is asked in login.medium.ts. */
const prove: ProveIdentity = async () => ({
  ...{ user: { id: 'u-ann', name: 'ann' }, project, roles: ['member'], projects: [project], proof: 'x' },
  expiresAt: new Date(Date.now() + 3_600_000),
});
beforeAll(async () => {
  platform = await startTestPlatform();
  api = await platform.startApi({ prove });
});
afterAll(async () => await platform?.stop());

const login = { method: 'password', user: 'ann', password: 'pw' };
const ours = { 'sec-fetch-site': 'same-origin' };

it('is logged in by a cookie, which the answer does not show, until it logs out', async () => {
  const begun = await send(api.url, 'auth.browser-login', { body: login });
  const [cookie = ''] = (begun.headers.get('set-cookie') ?? '').split(';');
  expect(begun.text).not.toContain(cookie.split('=')[1]);
  expect(begun.body).toMatchObject({ user: { name: 'ann' }, project, role: 'admin' });
  const as = (headers: Readonly<Record<string, string>>) => ({ headers: { cookie, ...headers } });
  expect((await send(api.url, 'me.get', as(ours))).body).toMatchObject({ via: 'session', user: { name: 'ann' } });
  const body = { name: 'demo' };
  expect((await send(api.url, 'cluster.create', { body, ...as(ours) })).status).toBe(202);

  // A page of somebody else, with the cookie of this browser.
  const evil = { 'sec-fetch-site': 'cross-site', origin: 'https://evil.example' };
  expect((await send(api.url, 'cluster.create', { body: { name: 'evil' }, ...as(evil) })).status).toBe(401);
  expect((await send(api.url, 'cluster.create', { body: { name: 'evil' }, ...as({}) })).status).toBe(401);
  expect((await send(api.url, 'auth.logout', as(evil))).status).toBe(401);
  expect((await send(api.url, 'cluster.list', as(ours))).body.items).toMatchObject([{ name: 'demo' }]);

  const ended = await send(api.url, 'auth.logout', as(ours));
  expect(ended.headers.get('set-cookie')).toContain('Max-Age=0');
  expect((await send(api.url, 'me.get', as(ours))).status).toBe(401);
});

it('keeps its cookie out of every log line', async () => {
  const begun = await send(api.url, 'auth.browser-login', { body: login });
  const token = /__Host-kaas=([^;]+)/.exec(begun.headers.get('set-cookie') ?? '')?.[1] ?? 'none';
  await send(api.url, 'me.get', { headers: { cookie: `__Host-kaas=${token}`, ...ours } });
  await send(api.url, 'me.get', { headers: { cookie: `__Host-kaas=${token}`, 'sec-fetch-site': 'cross-site' } });
  expect(token).toMatch(/^kaas_/);
  expect(api.log.join('\n')).not.toContain(token);
});
