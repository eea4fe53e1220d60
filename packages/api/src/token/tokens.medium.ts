import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Answer, type Call, open, send } from '../testing/http.ts';
import { startTestPlatform, type TestApi, type TestPlatform } from '../testing/platform.ts';

let platform: TestPlatform;
let api: TestApi;
beforeAll(async () => {
  platform = await startTestPlatform();
  api = await platform.startApi({ eventTimes: { pollMs: 10, keepAliveMs: 0, recheckMs: 50 } });
});
afterAll(async () => await platform?.stop());

const day = 86_400_000;
const make = async (session: string, body: object = {}, call: Call = {}): Promise<Answer> =>
  await send(api.url, 'token.create', { token: session, body: { name: 'ci', ...body }, ...call });
const places = ({ body }: Answer): readonly string[] =>
  body.violations.map((violation: { pointer: string; code: string }) => `${violation.pointer} ${violation.code}`);

describe('a token for a program', () => {
  it('does what its role allows, until it is revoked', async () => {
    const projectId = await platform.newProject();
    const session = await platform.login(projectId, 'admin', {
      expiresAt: new Date(Date.now() + day),
      isProvider: true,
    });
    const made = await make(session, { role: 'viewer' });
    expect(made.status).toBe(201);
    expect(made.body).toMatchObject({
      name: 'ci',
      role: 'viewer',
      clusterIds: null,
      state: 'active',
      lastUsedAt: null,
    });
    expect(made.body.token).toMatch(/^kaas_pat_/);
    const life = Date.parse(made.body.expiresAt) - Date.parse(made.body.createdAt);
    expect(Math.round(life / day)).toBe(90);

    const { token, id } = made.body;
    const me = await send(api.url, 'me.get', { token });
    // It never has the rights of a provider.
    expect(me.body).toMatchObject({ role: 'viewer', via: 'token', provider: false, clusterIds: null });
    expect((await send(api.url, 'cluster.list', { token })).status).toBe(200);
    expect((await send(api.url, 'cluster.create', { token, body: { name: 'x' } })).body.code).toBe('forbidden');
    expect(
      (await send(api.url, 'token.get', { token: session, params: { tokenId: id } })).body.lastUsedAt,
    ).not.toBeNull();

    expect((await send(api.url, 'token.revoke', { token: session, params: { tokenId: id } })).status).toBe(204);
    expect((await send(api.url, 'cluster.list', { token })).body.code).toBe('unauthenticated');
    const first = await send(api.url, 'token.get', { token: session, params: { tokenId: id } });
    expect(first.body.state).toBe('revoked');
    expect((await send(api.url, 'token.revoke', { token: session, params: { tokenId: id } })).status).toBe(204);
    const again = await send(api.url, 'token.get', { token: session, params: { tokenId: id } });
    expect(again.body.revokedAt).toBe(first.body.revokedAt);
  });

  it('ends the streams it opened when it is revoked', async () => {
    const session = await platform.login(await platform.newProject(), 'operator');
    const { token, id } = (await make(session)).body;
    const stream = await open(api.url, 'event.stream', { token, query: { after: '0' } });
    expect(stream.status).toBe(200);
    const whole = stream.text();
    await send(api.url, 'token.revoke', { token: session, params: { tokenId: id } });
    expect(await whole).toContain(': still here');
  });

  it('is seen by its maker and by administrators; to others it does not exist', async () => {
    const projectId = await platform.newProject();
    const viewer = await platform.login(projectId, 'viewer');
    const operator = await platform.login(projectId, 'operator');
    const admin = await platform.login(projectId, 'admin');
    const { id: tokenId } = (await make(operator)).body;
    const get = async (token: string): Promise<number> =>
      (await send(api.url, 'token.get', { token, params: { tokenId } })).status;
    expect([await get(viewer), await get(operator), await get(admin)]).toEqual([404, 200, 200]);
    const count = async (token: string): Promise<number> =>
      (await send(api.url, 'token.list', { token })).body.items.length;
    expect([await count(viewer), await count(operator), await count(admin)]).toEqual([0, 1, 1]);
    expect((await send(api.url, 'token.revoke', { token: viewer, params: { tokenId } })).status).toBe(404);
    expect((await send(api.url, 'token.revoke', { token: admin, params: { tokenId } })).status).toBe(204);
  });

  it('gets no more than its maker has, no longer life than a year, and only clusters that exist', async () => {
    const session = await platform.login(await platform.newProject(), 'operator');
    const refused = async (body: object): Promise<readonly string[]> => {
      const answer = await make(session, body);
      expect(answer.status).toBe(422);
      return places(answer);
    };
    expect(await refused({ role: 'admin' })).toEqual(['/role role_too_high']);
    expect(await refused({ role: 'owner' })).toEqual(expect.arrayContaining([expect.stringMatching(/^\/role /)]));
    expect(await refused({ expiresAt: new Date(Date.now() - 1).toISOString() })).toEqual([
      '/expiresAt expiry_in_the_past',
    ]);
    expect(await refused({ expiresAt: new Date(Date.now() + 366 * day).toISOString() })).toEqual([
      '/expiresAt expiry_too_late',
    ]);
    expect(await refused({ expiresAt: 'soon' })).toEqual(['/expiresAt invalid_time']);
    expect(await refused({ clusterIds: ['c-aaaaaaaaaa'] })).toEqual(['/clusterIds/0 unknown_cluster']);
    expect((await refused({ clusterIds: [] })).length).toBeGreaterThan(0);
    expect((await refused({ name: '' })).length).toBeGreaterThan(0);
  });

  it('cannot make another one', async () => {
    const session = await platform.login(await platform.newProject(), 'admin');
    const { token } = (await make(session)).body;
    expect((await make(token)).body).toMatchObject({ status: 403, code: 'forbidden' });
    expect((await send(api.url, 'auth.logout', { token })).status).toBe(403);
  });

  it('expires', async () => {
    const session = await platform.login(await platform.newProject(), 'viewer');
    const { token, id } = (await make(session)).body;
    await platform.asSuperuser(`update api_tokens set expires_at = now() - interval '1 second' where id = '${id}'`);
    expect((await send(api.url, 'me.get', { token })).body.code).toBe('token_expired');
    expect((await send(api.url, 'token.get', { token: session, params: { tokenId: id } })).body.state).toBe('expired');
  });

  it('is made once for one Idempotency-Key, and lies nowhere in clear', async () => {
    const session = await platform.login(await platform.newProject(), 'operator');
    const call = { headers: { 'idempotency-key': 'one' } };
    const first = await make(session, {}, call);
    const again = await make(session, {}, call);
    expect(again.text).toBe(first.text);
    expect(again.headers.get('idempotency-replayed')).toBe('true');
    const { token } = first.body;
    for (const table of ['idempotency_keys', 'audit_records', 'events', 'sessions']) {
      const { rows } = await platform.controller.query<{ text: string }>(`select t::text as text from ${table} t`);
      if (table !== 'events') expect(rows.length).toBeGreaterThan(0);
      expect(rows.map(({ text }) => text).join('\n')).not.toContain(token);
    }
    expect(api.log.join('\n')).not.toContain(token);
  });

  it('is one of at most fifty', async () => {
    const session = await platform.login(await platform.newProject(), 'viewer');
    const made = await Promise.all(Array.from({ length: 50 }, async () => (await make(session)).status));
    expect(new Set(made)).toEqual(new Set([201]));
    const refused = await make(session);
    expect(refused.body).toMatchObject({ status: 422, code: 'quota_exceeded' });
    expect(places(refused)).toEqual([' too_many_tokens']);
    const pages: string[] = [];
    let cursor: string | undefined;
    do {
      const query = { limit: '20', ...(cursor === undefined ? {} : { cursor }) };
      const { body } = await send(api.url, 'token.list', { token: session, query });
      pages.push(...body.items.map((item: { id: string }) => item.id));
      cursor = body.nextCursor;
    } while (cursor !== undefined);
    expect(new Set(pages).size).toBe(50);
    expect(pages).toHaveLength(50);
  });
});
