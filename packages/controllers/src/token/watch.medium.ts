import type { Role } from '@matryoshka/domain';
import { type Cloud, grantRoles } from '@matryoshka/openstack';
import {
  createPool,
  insertToken,
  migrate,
  newTokenId,
  type Pool,
  prepareDatabase,
  saveProject,
  verifyAuditChain,
} from '@matryoshka/postgres';
import { createLogger } from '@matryoshka/system';
import { startTestPostgres, type TestPostgres } from '@matryoshka/testkit';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { startTestCloud } from '../testing/cloud.ts';
import { createPostgresTokens } from './postgres-tokens.ts';
import { type TokenStore, watchTokens } from './watch.ts';

const log = createLogger('test');
const signal = AbortSignal.timeout(120_000);
let postgres: TestPostgres;
let api: Pool;
let controller: Pool;
let admin: Cloud;
let store: TokenStore;
let people = 0;
const ends: (() => Promise<unknown>)[] = [];

beforeAll(async () => {
  postgres = await startTestPostgres();
  ends.push(async () => await postgres.stop());
  const passwords = { owner: 'o', api: 'a', controller: 'c' };
  await prepareDatabase({ superuserUrl: postgres.superuserUrl, database: 'kaas', passwords });
  await migrate(postgres.url('kaas', 'kaas', 'o'));
  api = createPool(postgres.superuserUrl.replace(/postgres$/, 'kaas'));
  controller = createPool(postgres.url('kaas', 'kaas_controller', 'c'));
  ends.push(async () => await api.end());
  ends.push(async () => await controller.end());
  store = createPostgresTokens(controller);

  const cloud = await startTestCloud('pnt', 44);
  ends.push(cloud.stop);
  admin = cloud.admin;
});
afterAll(async () => {
  for (const end of ends.toReversed()) await end();
});

interface Person {
  readonly userId: string;
  readonly projectId: string;
}

async function newPerson(role: string): Promise<Person> {
  people += 1;
  const name = `maker-${people}`;
  const { id: projectId } = await admin.keystone.projects.create({ name });
  const { id: userId } = await admin.keystone.users.create({ name, password: 'pw' });
  await grantRoles(admin.keystone, { projectId, userId }, [role]);
  await saveProject(api, { id: projectId, name });
  return { userId, projectId };
}

async function newTokenOf({ userId, projectId }: Person, role: Role): Promise<string> {
  const id = newTokenId();
  await insertToken(api, Buffer.from(id), {
    ...{ id, projectId, projectName: 'p', userId, userName: 'maker', name: `for ${role}`, role, clusterIds: null },
    expiresAt: new Date(Date.now() + 86_400_000),
  });
  return id;
}

async function take({ userId, projectId }: Person, name: string): Promise<void> {
  const [role] = await admin.keystone.roles.list({ name });
  await admin.keystone.revokeProjectRole(projectId, userId, role?.id ?? '');
}

/** Ids of tokens that cannot be used any more, with why. */
const revoked = async (): Promise<Readonly<Record<string, unknown>>> => {
  const { rows } = await api.query<{ id: string; reason: unknown }>(
    `select t.id, (select a.after->>'reason' from audit_records a where a.resource = t.id) as reason
     from api_tokens t where revoked_at is not null`,
  );
  return Object.fromEntries(rows.map(({ id, reason }) => [id, reason]));
};

it('ends what the maker of a token may not do any more, and only that', async () => {
  const [kept, lowered, out, disabled, gone] = [
    await newPerson('member'),
    await newPerson('member'),
    await newPerson('member'),
    await newPerson('member'),
    await newPerson('reader'),
  ];
  const tokens = {
    kept: await newTokenOf(kept, 'admin'),
    loweredViewer: await newTokenOf(lowered, 'viewer'),
    loweredOperator: await newTokenOf(lowered, 'operator'),
    out: await newTokenOf(out, 'viewer'),
    disabled: await newTokenOf(disabled, 'admin'),
    gone: await newTokenOf(gone, 'viewer'),
  };
  await watchTokens(admin, store, { log, signal });
  expect(await revoked()).toEqual({});

  await grantRoles(admin.keystone, lowered, ['reader']);
  await take(lowered, 'member');
  await take(out, 'member');
  await admin.keystone.users.update(disabled.userId, { enabled: false });
  await admin.keystone.users.delete(gone.userId);
  await watchTokens(admin, store, { log, signal });
  const ended = {
    [tokens.loweredOperator]: 'the role is viewer now',
    [tokens.out]: 'the role is none now',
    [tokens.disabled]: 'the user is disabled',
    [tokens.gone]: 'the user is gone',
  };
  expect(await revoked()).toEqual(ended);
  await watchTokens(admin, store, { log, signal });
  expect(await revoked()).toEqual(ended);
  const { rows } = await api.query<{ count: number }>('select count(*)::int as count from audit_records');
  expect(rows[0]?.count).toBe(4);
  expect(await verifyAuditChain(api, out.projectId)).toMatchObject({ records: 1, fault: null });
});

it('believes nothing about users of another identity provider but that they are disabled, and ends nothing it cannot read', async () => {
  const person = await newPerson('member');
  const token = await newTokenOf(person, 'admin');
  const before = await revoked();
  await take(person, 'member');
  const federated: Cloud = {
    ...admin,
    keystone: {
      ...admin.keystone,
      users: {
        ...admin.keystone.users,
        get: async (id, stop) => ({ ...(await admin.keystone.users.get(id, stop)), federated: [{ idp_id: 'ours' }] }),
      },
    },
  };
  await watchTokens(federated, store, { log, signal });
  expect(await revoked()).toEqual(before);
  const broken: Cloud = {
    ...admin,
    keystone: {
      ...admin.keystone,
      listRoleAssignments: async () => {
        throw new Error('Keystone is away');
      },
    },
  };
  await expect(watchTokens(broken, store, { log, signal })).rejects.toThrow('Keystone is away');
  expect(await revoked()).toEqual(before);
  await watchTokens(admin, store, { log, signal });
  expect(await revoked()).toHaveProperty(token);
});
