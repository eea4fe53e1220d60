import { waitFor } from '@matryoshka/system';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { send } from '../testing/http.ts';
import { startTestKeystone, type TestKeystone } from '../testing/keystone.ts';
import { startTestPlatform, type TestApi, type TestPlatform } from '../testing/platform.ts';
import { keystoneIdentity } from './keystone-identity.ts';

const everyMs = 200;
let platform: TestPlatform;
let keystone: TestKeystone;
let apis: readonly [TestApi, TestApi];
let asked: string[];
let users = 0;

beforeAll(async () => {
  platform = await startTestPlatform();
  keystone = await startTestKeystone('krev', 43);
  asked = [];
  const { prove, check } = keystoneIdentity(keystone.authUrl);
  const options = {
    prove,
    check: async (proof: string, signal: AbortSignal) => {
      asked.push(proof);
      return await check(proof, signal);
    },
    revalidationMs: everyMs,
    loginLimit: { burst: 1_000 },
  };
  apis = [await platform.startApi(options), await platform.startApi(options)];
});
afterAll(async () => {
  await platform?.stop();
  await keystone?.purge();
});

interface Person {
  readonly userId: string;
  readonly projectId: string;
  readonly token: string;
}

async function newPerson(role: string, projectId?: string): Promise<Person> {
  users += 1;
  const name = `user-${users}`;
  const project = projectId ?? (await keystone.newProject(`project-${users}`));
  const userId = await keystone.newUser(name, 'pw');
  await keystone.grant(userId, project, role);
  const body = { method: 'password', user: name, password: 'pw', project };
  const { token } = (await send(apis[0].url, 'auth.login', { body })).body;
  return { userId, projectId: project, token };
}

const isIn = async ({ token }: Person): Promise<boolean> =>
  (await send(apis[1].url, 'me.get', { token })).status === 200;

async function ends(person: Person): Promise<void> {
  expect(await waitFor(async () => !(await isIn(person)), { timeoutMs: 10_000, intervalMs: 20 })).toBe(true);
}

/** Long enough for every session to be looked at. */
async function aRound(): Promise<void> {
  const before = asked.length;
  const { rows } = await platform.controller.query<{ count: number }>('select count(*)::int as count from sessions');
  const wanted = before + 2 * (rows[0]?.count ?? 0);
  await waitFor(async () => asked.length >= wanted, { timeoutMs: 10_000, intervalMs: 20 });
}

async function take(person: Person, role: string): Promise<void> {
  const [known] = await keystone.admin.keystone.roles.list({ name: role });
  await keystone.admin.keystone.revokeProjectRole(person.projectId, person.userId, known?.id ?? '');
}

const reasons = async ({ userId }: Person): Promise<readonly unknown[]> => {
  const sql = `select after->>'reason' as reason from audit_records where action = 'auth.session_ended' and user_id = $1`;
  return (await platform.controller.query<{ reason: unknown }>(sql, [userId])).rows.map(({ reason }) => reason);
};

describe('a session', () => {
  it('ends soon after its user lost the role in the project, and nobody else’s', async () => {
    const ann = await newPerson('member');
    const bob = await newPerson('reader', ann.projectId);
    await take(ann, 'member');
    await ends(ann);
    expect(await reasons(ann)).toEqual(['the login does not hold any more']);
    await aRound();
    expect(await isIn(bob)).toBe(true);
  });

  it('ends when the role is lower now; one that is higher comes with the next login', async () => {
    const ann = await newPerson('member');
    await keystone.grant(ann.userId, ann.projectId, 'reader');
    await take(ann, 'member');
    await ends(ann);
    expect(await reasons(ann)).toEqual(['the role is viewer now']);
    const bob = await newPerson('reader');
    await keystone.grant(bob.userId, bob.projectId, 'member');
    await aRound();
    expect((await send(apis[0].url, 'me.get', { token: bob.token })).body.role).toBe('viewer');
  });

  it('ends when the user or the project is disabled', async () => {
    const ann = await newPerson('member');
    await keystone.admin.keystone.users.update(ann.userId, { enabled: false });
    await ends(ann);
    const bob = await newPerson('member');
    await keystone.admin.keystone.projects.update(bob.projectId, { enabled: false });
    await ends(bob);
  });

  it('of an administrator of the provider ends when there is only a smaller role left', async () => {
    const [project] = await keystone.admin.keystone.projects.list({ name: 'admin' });
    const ann = await newPerson('admin', project?.id);
    expect((await send(apis[0].url, 'me.get', { token: ann.token })).body.provider).toBe(true);
    await keystone.grant(ann.userId, ann.projectId, 'member');
    await take(ann, 'admin');
    await ends(ann);
    expect(await reasons(ann)).toEqual(['no administrator of the provider any more']);
  });

  it('is asked about by one of two processes, and keeps no token of Keystone in clear', async () => {
    await platform.asSuperuser('delete from sessions');
    const ann = await newPerson('member');
    asked.length = 0;
    const started = performance.now();
    await waitFor(() => asked.length >= 5, { timeoutMs: 20_000, intervalMs: 5 });
    // Five times at least four intervals apart: two processes do not ask twice as often.
    expect(performance.now() - started).toBeGreaterThan(4 * everyMs * 0.9);
    expect(new Set(asked).size).toBe(1);
    const { rows } = await platform.controller.query<{ text: string }>('select s::text as text from sessions s');
    expect(rows.map(({ text }) => text).join('')).not.toContain(asked[0]);
    expect(rows.map(({ text }) => text).join('')).not.toContain(Buffer.from(asked[0] ?? '').toString('hex'));
    expect(await isIn(ann)).toBe(true);
  });

  it('whose proof cannot be read keeps nobody from being looked at', async () => {
    const ann = await newPerson('member');
    await platform.asSuperuser(
      `update sessions set proof = '\\x00', checked_at = '2000-01-01' where user_id = '${ann.userId}'`,
    );
    const bob = await newPerson('member');
    await take(bob, 'member');
    await ends(bob);
    expect(await isIn(ann)).toBe(true);
    await platform.asSuperuser(`delete from sessions where user_id = '${ann.userId}'`);
  });

  it('goes on while Keystone is away', async () => {
    const ann = await newPerson('member');
    await keystone.stop();
    asked.length = 0;
    await waitFor(() => asked.length >= 3, { timeoutMs: 10_000, intervalMs: 20 });
    expect(await isIn(ann)).toBe(true);
    expect(apis.flatMap(({ log }) => log).join('\n')).toContain('sessions could not be looked at again');
  });
});
