import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { createSession } from '@matryoshka/openstack';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { keystoneIdentity } from './auth/keystone-identity.ts';
import { type Answer, send } from './testing/http.ts';
import { startTestKeystone, type TestKeystone } from './testing/keystone.ts';
import { startTestPlatform, type TestApi, type TestPlatform } from './testing/platform.ts';

let platform: TestPlatform;
let keystone: TestKeystone;
let api: TestApi;
const ids: Record<string, string> = {};
const password = 'correct horse';

beforeAll(async () => {
  platform = await startTestPlatform();
  keystone = await startTestKeystone('klog', 41);
  api = await platform.startApi({ ...keystoneIdentity(keystone.authUrl), loginLimit: { burst: 1_000 } });
  const other = await keystone.admin.keystone.domains.create({ name: 'other' });
  for (const name of ['one', 'two', 'twin']) ids[name] = await keystone.newProject(name);
  ids.foreignTwin = await keystone.newProject('twin', other.id);
  for (const [user, grants] of [
    ['ann', { one: 'member' }],
    ['rea', { one: 'reader' }],
    ['odd', { one: 'load-balancer_observer' }],
    ['non', {}],
    ['bob', { one: 'member', two: 'reader' }],
    ['eve', { twin: 'member', foreignTwin: 'reader' }],
  ] as const) {
    ids[user] = await keystone.newUser(user, password);
    for (const [project, role] of Object.entries(grants))
      await keystone.grant(ids[user] ?? '', ids[project] ?? '', role);
  }
});
afterAll(async () => {
  await platform?.stop();
  await keystone?.purge();
});

const login = async (user: string, more: object = {}): Promise<Answer> =>
  await send(api.url, 'auth.login', { body: { method: 'password', user, password, ...more } });
const me = async (token: string): Promise<Answer> => await send(api.url, 'me.get', { token });

describe('a login with Keystone', () => {
  it('by password gives a token for the only project', async () => {
    const { body } = await login('ann');
    expect(body).toMatchObject({
      user: { id: ids.ann, name: 'ann' },
      project: { id: ids.one, name: 'one' },
      // A member may make and delete servers in OpenStack, so the clusters made of them are theirs as well.
      role: 'admin',
      projects: [{ id: ids.one, name: 'one' }],
    });
    const { token, projects, ...identity } = body;
    expect((await me(token)).body).toEqual({ ...identity, via: 'session', clusterIds: null });
    expect((await send(api.url, 'project.list', { token })).body.items).toEqual(projects);
    expect(Date.parse(body.expiresAt)).toBeLessThanOrEqual(Date.now() + 12 * 3_600_000);
    expect(Date.parse(body.expiresAt)).toBeGreaterThan(Date.now());
  });

  it('knows the administrators of the provider, and nobody else, whatever their project is called', async () => {
    const own = { method: 'password', user: 'admin', password: 'secret', project: 'admin' };
    const { body } = await send(api.url, 'auth.login', { body: own });
    expect(body).toMatchObject({ role: 'admin', provider: true });
    expect((await me(body.token)).body.provider).toBe(true);

    // A customer who administers a project of that name in a domain of its own, and one with a smaller role in the provider's.
    const { id: domain } = await keystone.admin.keystone.domains.create({ name: 'customer' });
    const twin = await keystone.newProject('admin', domain);
    const mal = await keystone.newUser('mal', password);
    await keystone.grant(mal, twin, 'admin');
    await keystone.grant(mal, body.project.id, 'member');
    expect((await login('mal', { project: twin })).body).toMatchObject({ role: 'admin', provider: false });
    expect((await login('mal', { project: body.project.id })).body).toMatchObject({ role: 'admin', provider: false });
  });

  it('gives viewers for readers, and nothing for roles that mean nothing here', async () => {
    const { body } = await login('rea');
    expect(body.role).toBe('viewer');
    const refused = await send(api.url, 'cluster.create', { token: body.token, body: { name: 'demo' } });
    expect(refused.body.code).toBe('forbidden');
    expect((await login('odd')).body).toMatchObject({ status: 403, code: 'no_role' });
    expect((await login('non')).body).toMatchObject({ status: 403, code: 'no_role' });
  });

  it('does not tell a wrong password from an unknown user', async () => {
    const before = await platform.countRows();
    const wrong = await login('ann', { password: 'wrong' });
    const unknown = await login('nobody');
    expect(wrong.body).toMatchObject({ status: 401, code: 'login_failed' });
    expect({ ...unknown.body, requestId: '' }).toEqual({ ...wrong.body, requestId: '' });
    expect(await platform.countRows()).toEqual(before);
  });

  it('asks which project, when there are several', async () => {
    const none = await login('bob');
    expect(none.body).toMatchObject({ status: 422, code: 'project_required' });
    expect(none.body.violations).toMatchObject([{ pointer: '/project', code: 'required' }]);
    const typo = await login('bob', { project: 'onee' });
    expect(typo.body.violations).toMatchObject([{ code: 'unknown_project', suggestion: 'one' }]);
    expect((await login('bob', { project: 'two' })).body).toMatchObject({ role: 'viewer', project: { name: 'two' } });
    expect((await login('bob', { project: ids.one })).body).toMatchObject({ role: 'admin', project: { name: 'one' } });
    // Somebody else's project is no more known than one that is not.
    expect((await login('bob', { project: 'twin' })).body.code).toBe('project_required');
  });

  it('tells projects of one name by their domain', async () => {
    expect((await login('eve', { project: 'twin' })).body.detail).toMatch(/Several of your projects are named twin/);
    const mine = await login('eve', { project: 'twin', projectDomain: 'Default' });
    expect(mine.body).toMatchObject({ project: { id: ids.twin }, role: 'admin' });
    const other = await login('eve', { project: 'twin', projectDomain: 'other' });
    expect(other.body).toMatchObject({ project: { id: ids.foreignTwin }, role: 'viewer' });
    const nowhere = await login('eve', { project: 'twin', projectDomain: 'nowhere' });
    expect(nowhere.body).toMatchObject({ code: 'project_required' });
    // The only project of that name is not meant when it lies in another domain.
    expect((await login('ann', { project: 'one', projectDomain: 'other' })).body.code).toBe('project_required');
    expect((await login('ann', { userDomain: 'other' })).body.code).toBe('login_failed');
  });

  it('takes a Keystone token and an application credential as well', async () => {
    const scope = { project: { id: ids.one ?? '' } };
    const user = { name: 'ann', domain: { id: 'default' } };
    const session = createSession({
      authUrl: keystone.authUrl,
      credentials: { method: 'password', user, password, scope },
    });
    const { id: keystoneToken } = await session.token();
    const byToken = await send(api.url, 'auth.login', { body: { method: 'token', token: keystoneToken } });
    expect(byToken.body).toMatchObject({ user: { name: 'ann' }, project: { name: 'one' } });
    const credential = await keystone.applicationCredential({ name: 'bob', password, projectId: ids.two ?? '' });
    const body = { method: 'application-credential', ...credential };
    const byCredential = await send(api.url, 'auth.login', { body });
    expect(byCredential.body).toMatchObject({
      user: { name: 'bob' },
      role: 'viewer',
      projects: [{ name: 'two' }],
    });
    for (const wrong of [
      { ...body, secret: 'no' },
      { ...body, id: 'no' },
    ])
      expect((await send(api.url, 'auth.login', { body: wrong })).body.code).toBe('login_failed');
    const bad = await send(api.url, 'auth.login', { body: { method: 'token', token: 'no' } });
    expect(bad.body.code).toBe('login_failed');
  });

  it('ends with a logout', async () => {
    const { token } = (await login('ann')).body;
    expect((await send(api.url, 'auth.logout', { token })).status).toBe(204);
    expect((await me(token)).body.code).toBe('unauthenticated');
    expect((await send(api.url, 'auth.logout', { token })).body.code).toBe('unauthenticated');
  });

  it('is limited per address: failed attempts only, and with a time to wait', async () => {
    const strict = await platform.startApi({
      ...keystoneIdentity(keystone.authUrl),
      loginLimit: { burst: 2, refillMs: 3_600_000 },
    });
    const attempt = async (secret: string): Promise<Answer> => {
      const body = { method: 'password', user: 'ann', password: secret };
      return await send(strict.url, 'auth.login', { body });
    };
    for (let n = 0; n < 5; n += 1) expect((await attempt(password)).status).toBe(200);
    for (let n = 0; n < 2; n += 1) expect((await attempt('wrong')).body.code).toBe('login_failed');
    const before = await platform.countRows();
    const limited = await attempt(password);
    expect(limited.body).toMatchObject({ status: 429, code: 'rate_limited' });
    expect(Number(limited.headers.get('retry-after'))).toBeGreaterThan(3_000);
    expect(await platform.countRows()).toEqual(before);
  });

  it('leaves no password and no token in the log or in the database', async () => {
    const { token } = (await login('ann')).body;
    await login('ann', { password: 'wrong' });
    const log = api.log.join('');
    expect(log).toContain('/v1/auth/login');
    for (const secret of [password, 'wrong"', token]) expect(log).not.toContain(secret);
    const stored = await platform.controller.query('select encode(token_hash, $1) as hash from sessions', ['escape']);
    expect(JSON.stringify(stored.rows)).not.toContain(token);
  });
});

describe('without Keystone', () => {
  const withKeystone = async (authUrl: string): Promise<Answer> => {
    const lonely = await platform.startApi({ ...keystoneIdentity(authUrl) });
    try {
      return await send(lonely.url, 'auth.login', { body: { method: 'password', user: 'ann', password } });
    } finally {
      await lonely.close();
    }
  };

  it.each([
    ['a page', 200, '<html>hello</html>'],
    ['an error of its own', 500, '{"error":{"message":"boom"}}'],
    ['that it is busy', 503, '{}'],
    ['nothing of use', 201, '{}'],
  ])('that answers %s, logins are answered with 503', async (_, status, text) => {
    const server: Server = createServer((_request, response) => {
      response.writeHead(status, { 'x-subject-token': 't', 'content-type': 'application/json' }).end(text);
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const answer = await withKeystone(`http://127.0.0.1:${(server.address() as AddressInfo).port}/v3`);
    server.close();
    expect(answer.body).toMatchObject({ status: 503, code: 'identity_unavailable', actor: 'provider' });
  });

  it('logins fail, and tokens that were given go on working', async () => {
    const { token } = (await login('ann')).body;
    await keystone.stop();
    expect((await login('ann')).body.code).toBe('identity_unavailable');
    expect((await me(token)).status).toBe(200);
    expect((await fetch(`${api.url}/readyz`)).status).toBe(200);
  });
});
