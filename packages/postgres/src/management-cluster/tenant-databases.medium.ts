import { startTestPostgres, type TestPostgres } from '@matryoshka/testkit';
import pg from 'pg';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { closeTenantDatabases, measureTenantStores } from './data-stores.ts';

let server: TestPostgres;
const tenants = ['c_aaaaaaaaaa', 'c_bbbbbbbbbb'] as const;

beforeAll(async () => {
  server = await startTestPostgres();
  // As Kamaji does (internal/datastore/postgresql.go), by a role that is what ours is on PostgreSQL 15.
  await server.run("create role kamaji superuser login password 'k'");
  for (const name of tenants) {
    await server.run(`create database ${name}`);
    await server.run(`create role ${name}_${name} login password 'x'`);
    await server.run(`grant all privileges on database ${name} to ${name}_${name}`);
    await server.run(`alter database ${name} owner to ${name}_${name}`);
  }
  await server.run('create database others');
});
afterAll(async () => await server?.stop());

const address = () => ({ host: '127.0.0.1', port: server.port, user: 'kamaji', password: 'k' });

async function enter(database: string, of: string): Promise<string> {
  const client = new pg.Client({ connectionString: server.url(database, `${of}_${of}`, 'x') });
  client.on('error', () => undefined);
  try {
    await client.connect();
    await client.query('create table if not exists public.kine_test (id int)');
    return 'in';
  } catch (error) {
    return (error as Error).message;
  } finally {
    await client.end().catch(() => undefined);
  }
}

it('lets the role of a control plane into its own database and into no other', async () => {
  const [a, b] = tenants;
  // What it is about: the first gets in, and only cannot create.
  expect(await enter(b, a)).toMatch(/permission denied for schema public/);
  expect(await closeTenantDatabases(address())).toEqual([...tenants]);
  expect(await enter(b, a)).toMatch(/permission denied for database/);
  expect(await enter(a, b)).toMatch(/permission denied for database/);
  expect([await enter(a, a), await enter(b, b)]).toEqual(['in', 'in']);
  expect(await enter('others', a)).toMatch(/permission denied for schema public/);
  expect(await closeTenantDatabases(address())).toEqual([]);
});

it('looks into the databases of control planes after they were closed, and passes over those that kine has not begun with', async () => {
  await closeTenantDatabases(address());
  const client = new pg.Client({ connectionString: server.url('c_aaaaaaaaaa', 'c_aaaaaaaaaa_c_aaaaaaaaaa', 'x') });
  await client.connect();
  await client.query(
    'create table kine (id bigserial primary key, name text, prev_revision bigint, value bytea, old_value bytea)',
  );
  await client.query("insert into kine (name, prev_revision) select 'key', 0 from generate_series(1, 500)");
  await client.query("insert into kine (name, prev_revision) values ('compact_rev_key', 123)");
  await client.query('analyze kine');
  await client.end();
  const found = await measureTenantStores(address(), ['c-aaaaaaaaaa', 'c-bbbbbbbbbb', 'c-0000000000'], null);
  expect(found).toEqual([
    {
      ...{ clusterId: 'c-aaaaaaaaaa', bytes: expect.any(Number), usedBytes: expect.any(Number) },
      ...{ rows: 501, revision: 501, compactedRevision: 123 },
    },
  ]);
  expect(found[0]?.bytes).toBeGreaterThan(1e6);
  expect(found[0]?.usedBytes, 'nobody counts').toBe(found[0]?.bytes);
  const [over] = await measureTenantStores(address(), ['c-aaaaaaaaaa'], 1_000_000);
  expect(over?.usedBytes, 'what its 501 rows take').toBeLessThan(60_000);
  expect(over?.usedBytes).toBeGreaterThan(30_000);
});
