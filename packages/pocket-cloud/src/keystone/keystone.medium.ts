import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { startTestCloud, type TestCloud } from '../testing/instance.ts';

let cloud: TestCloud;
let admin: string;
let userId: string;
let projectId: string;
const demo = { name: 'demo', password: 'pw', project: 'demo' };

beforeAll(async () => {
  cloud = await startTestCloud('pkt', 18);
  admin = await cloud.token();
  const post = async (path: string, json: unknown) =>
    (await cloud.call('keystone', 'POST', path, { token: admin, json })).body;
  projectId = (await post('/v3/projects', { project: { name: 'demo' } })).project.id;
  userId = (await post('/v3/users', { user: { name: 'demo', password: 'pw' } })).user.id;
  const roles = (await cloud.call('keystone', 'GET', '/v3/roles?name=member', { token: admin })).body.roles;
  await cloud.call('keystone', 'PUT', `/v3/projects/${projectId}/users/${userId}/roles/${roles[0].id}`, {
    token: admin,
  });
});
afterAll(async () => await cloud?.purge());

const credentials = (): string => `/v3/users/${userId}/application_credentials`;
const works = async (token: string): Promise<boolean> =>
  (await cloud.call('nova', 'GET', '/v2.1/flavors', { token })).status === 200;
const byCredential = async (id: string, secret: string) =>
  await cloud.call('keystone', 'POST', '/v3/auth/tokens', {
    json: { auth: { identity: { methods: ['application_credential'], application_credential: { id, secret } } } },
  });
const make = async (token: string, name: string, extra: object = {}) =>
  await cloud.call('keystone', 'POST', credentials(), {
    token,
    json: { application_credential: { name, secret: 's', ...extra } },
  });

describe('tokens', () => {
  it('carry member and what it implies, and a catalogue', async () => {
    const token = await cloud.token(demo);
    const { body } = await cloud.call('keystone', 'GET', '/v3/auth/tokens', {
      token,
      headers: { 'x-subject-token': token },
    });
    expect(body.token.roles.map((role: { name: string }) => role.name)).toEqual(['member', 'reader']);
    expect(body.token.project).toMatchObject({ id: projectId, domain: { name: 'Default' } });
    expect(body.token.catalog.map((entry: { type: string }) => entry.type)).toContain('compute');
  });

  it('end with revocation, a new password and a disabled project', async () => {
    const revoked = await cloud.token(demo);
    await cloud.call('keystone', 'DELETE', '/v3/auth/tokens', {
      token: revoked,
      headers: { 'x-subject-token': revoked },
    });
    expect(await works(revoked)).toBe(false);
    const old = await cloud.token(demo);
    expect(await works(old)).toBe(true);
    const enabled = async (value: boolean) =>
      await cloud.call('keystone', 'PATCH', `/v3/projects/${projectId}`, {
        token: admin,
        json: { project: { enabled: value } },
      });
    await enabled(false);
    expect(await works(old)).toBe(false);
    await enabled(true);
    await cloud.call('keystone', 'PATCH', `/v3/users/${userId}`, { token: admin, json: { user: { password: 'pw' } } });
    expect(await works(old)).toBe(false);
  });

  it('survive a restart', async () => {
    const token = await cloud.token(demo);
    await cloud.restart();
    expect(await works(token)).toBe(true);
  });
});

describe('application credentials', () => {
  it('give tokens with a chosen secret, which die with the credential', async () => {
    const user = await cloud.token(demo);
    const made = await make(user, 'mine');
    expect(made.status).toBe(201);
    const { id } = made.body.application_credential;
    expect((await make(user, 'mine')).status).toBe(409);
    expect((await byCredential(id, 'wrong')).status).toBe(401);
    const answer = await byCredential(id, 's');
    expect(answer.status).toBe(201);
    const token = answer.headers.get('x-subject-token') ?? '';
    expect(await works(token)).toBe(true);
    // Restricted: must not manage others.
    expect((await make(token, 'child')).status).toBe(403);
    expect((await cloud.call('keystone', 'DELETE', `${credentials()}/${id}`, { token: user })).status).toBe(204);
    expect(await works(token)).toBe(false);
    expect((await byCredential(id, 's')).status).toBe(404);
  });

  it('cannot hold roles that the user lacks, and only their user makes them', async () => {
    const user = await cloud.token(demo);
    expect((await make(user, 'big', { roles: [{ name: 'admin' }] })).status).toBe(400);
    expect((await make(admin, 'foreign')).status).toBe(403);
  });
});

describe('access', () => {
  it('keeps members from the administration, without saying what exists', async () => {
    const token = await cloud.token(demo);
    expect(
      (await cloud.call('keystone', 'POST', '/v3/projects', { token, json: { project: { name: 'x' } } })).status,
    ).toBe(403);
    const adminProject = (await cloud.call('keystone', 'GET', '/v3/projects?name=admin', { token: admin })).body
      .projects[0].id;
    const foreign = await cloud.call('keystone', 'GET', `/v3/projects/${adminProject}`, { token });
    const absent = await cloud.call('keystone', 'GET', '/v3/projects/absent', { token });
    expect(foreign.status).toBe(absent.status);
  });
});
