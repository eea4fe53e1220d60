import { startTestPostgres, type TestPostgres } from '@matryoshka/testkit';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { connect, createPool, inProject } from '../database.ts';
import { migrate, readMigrations } from '../migrate.ts';
import { prepareDatabase } from '../prepare.ts';
import { verifyAuditChain } from './chain.ts';

let postgres: TestPostgres;
const passwords = { owner: 'o', api: 'a', controller: 'c' };
beforeAll(async () => {
  postgres = await startTestPostgres();
  await prepareDatabase({ superuserUrl: postgres.superuserUrl, database: 'kaas', passwords });
});
afterAll(async () => await postgres?.stop());

it('takes up records that were written before there was a chain', async () => {
  const ownerUrl = postgres.url('kaas', 'kaas', passwords.owner);
  const owner = await connect(ownerUrl, 'test');
  await owner.query(
    'create table schema_migrations (number integer primary key, name text not null, applied_at timestamptz not null default now())',
  );
  for (const { number, name, sql } of (await readMigrations()).filter((migration) => migration.number < 9)) {
    await owner.query(sql);
    await owner.query('insert into schema_migrations (number, name) values ($1, $2)', [number, name]);
  }
  for (let count = 0; count < 5; count += 1)
    await owner.query(
      `insert into audit_records (project_id, user_id, user_name, action, resource, request_id, after)
       values ($1, 'u', 'ü', 'cluster.create', 'c', 'r', $2)`,
      [count % 2 === 0 ? 'p1' : 'p2', JSON.stringify({ count })],
    );
  await owner.end();

  await migrate(ownerUrl);
  const api = createPool(postgres.url('kaas', 'kaas_api', passwords.api));
  const look = async (projectId: string) =>
    await inProject(api, { projectId, clusterIds: null }, async (tx) => await verifyAuditChain(tx, projectId));
  expect(await look('p1')).toMatchObject({ records: 3, head: { sequence: 3 }, fault: null });
  expect(await look('p2')).toMatchObject({ records: 2, head: { sequence: 2 }, fault: null });
  expect(await look('p3')).toEqual({ records: 0, head: null, fault: null });
  await api.end();
});
