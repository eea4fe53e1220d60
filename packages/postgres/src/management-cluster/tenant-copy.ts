import { createHash } from 'node:crypto';
import { type Readable, Transform } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { TypedError } from '@matryoshka/system';
import type pg from 'pg';
import { from as copyFrom, to as copyTo } from 'pg-copy-streams';
import { connected, type DataStoreAddress, tenantDatabase } from './data-stores.ts';
import { goOnBehind } from './revisions.ts';

/** What was copied of the database of a control plane. */
export interface TenantCopy {
  /** kine's, of the newest write. */
  readonly revision: number;
  readonly keys: number;
  /** SHA-256 of the copy, which is the same for the same content. */
  readonly sha256: string;
}

/** Nothing waits for a copy but the copy. */
const patience = { query_timeout: 0, statement_timeout: 0 } as const;
const columns = 'id, name, created, deleted, create_revision, prev_revision, lease, value';

/** The newest version of every key that is there, as a compaction would leave it; kine's own marks are made anew. */
const living = (table: string): string => `
  select ${columns} from (select distinct on (name) * from ${table} where name <> 'compact_rev_key' and name !~ '^gap-[0-9]+$' order by name, id desc) newest
  where deleted = 0 order by name`;

/**
 * Copies all objects of a control plane as they are at one moment, while it goes on, into what `keep` does with the stream (PostgreSQL's binary COPY of kine's rows).
 * Source: kine, pkg/drivers/pgsql. Throws when the database is not there, or `keep` does.
 */
export async function copyTenant(
  address: DataStoreAddress,
  clusterId: string,
  keep: (content: Readable) => Promise<void>,
): Promise<TenantCopy> {
  return await connected(
    address,
    async (client) => {
      await client.query('begin isolation level repeatable read read only');
      const { rows } = await client.query<{ revision: string }>(
        'select coalesce(max(id), 0)::text as revision from kine',
      );
      const counted = countedHash();
      const stream = client.query(copyTo(`copy (${living('kine')}) to stdout (format binary)`));
      await Promise.all([pipeline(stream, counted.through), keep(counted.through)]);
      await client.query('commit');
      return { revision: Number(rows[0]?.revision ?? 0), keys: stream.rowCount ?? 0, sha256: counted.digest() };
    },
    tenantDatabase(clusterId),
    patience,
  );
}

/** Loads a copy where nobody else sees it, and compares it with what was copied. Throws TypedError `backup_differs`. */
export async function verifyTenantCopy(
  address: DataStoreAddress,
  clusterId: string,
  content: Readable,
  wanted: Pick<TenantCopy, 'sha256'>,
): Promise<void> {
  await connected(
    address,
    async (client) => {
      await client.query('begin');
      await load(client, content, wanted);
      await client.query('rollback');
    },
    tenantDatabase(clusterId),
    patience,
  );
}

/**
 * Puts a copy in the place of everything in the database of a control plane that does not run: loaded and compared first, then exchanged, or nothing at all. Its role is kept out meanwhile, so that a
 * replica that is still ending writes nothing. Revisions go on above those there were: nobody who watches takes an old object for a new one. Answers the first of them. Repeatable.
 */
export async function restoreTenant(
  address: DataStoreAddress,
  clusterId: string,
  content: Readable,
  wanted: TenantCopy,
): Promise<number> {
  return await connected(
    address,
    async (client) => {
      const role = await ownerOf(client);
      try {
        await client.query(`alter role ${role.quoted} nologin`);
        await client.query(
          'select pg_terminate_backend(pid) from pg_stat_activity where usename = $1 and datname = current_database() and pid <> pg_backend_pid()',
          [role.name],
        );
        await client.query('begin');
        await load(client, content, wanted);
        await client.query('lock table kine in access exclusive mode');
        const { rows } = await client.query<{ revision: string }>(
          `select (greatest((select coalesce(max(id), 0) from kine), $1::bigint) + ${gap})::text as revision`,
          [wanted.revision],
        );
        const revision = Number(rows[0]?.revision);
        await client.query('truncate kine');
        await client.query(`insert into kine (${columns}) select ${columns} from restored`);
        await goOnBehind(client, revision);
        await client.query('commit');
        return revision;
      } finally {
        // Of a connection that broke, a repeat does it.
        await client.query('rollback').catch(() => undefined);
        await client.query(`alter role ${role.quoted} login`);
      }
    },
    tenantDatabase(clusterId),
    patience,
  );
}

/** Between the last revision before and the first after: more than kine may have handed out without anybody having seen it. */
const gap = 10_000;

async function ownerOf(client: pg.Client): Promise<{ readonly name: string; readonly quoted: string }> {
  const { rows } = await client.query<{ name: string }>(
    'select pg_get_userbyid(datdba) as name from pg_database where datname = current_database()',
  );
  const name = rows[0]?.name ?? '';
  return { name, quoted: client.escapeIdentifier(name) };
}

async function load(client: pg.Client, content: Readable, wanted: Pick<TenantCopy, 'sha256'>): Promise<void> {
  await client.query('create temporary table restored (like kine) on commit drop');
  await pipeline(content, client.query(copyFrom(`copy restored (${columns}) from stdin (format binary)`)));
  const counted = countedHash();
  const again = client.query(copyTo(`copy (${living('restored')}) to stdout (format binary)`));
  await Promise.all([pipeline(again, counted.through), drain(counted.through)]);
  if (counted.digest() !== wanted.sha256)
    throw new TypedError('the backup is not what was written', { code: 'backup_differs', actor: 'provider' });
}

async function drain(stream: Readable): Promise<void> {
  for await (const _ of stream);
}

function countedHash(): { readonly through: Transform; readonly digest: () => string } {
  const hash = createHash('sha256');
  const through = new Transform({
    transform: (chunk: Buffer, _encoding, done) => {
      hash.update(chunk);
      done(null, chunk);
    },
  });
  return { through, digest: () => hash.digest('hex') };
}
