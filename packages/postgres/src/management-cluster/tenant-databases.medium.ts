import { startTestPostgres, type TestPostgres } from '@matryoshka/testkit';
import pg from 'pg';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { closeTenantDatabases } from './data-stores.ts';

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
