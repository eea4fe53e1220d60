import { readdir, readFile } from 'node:fs/promises';
import { TypedError } from '@matryoshka/system';
import { connect, type Queryable } from './database.ts';

export interface Migration {
  readonly number: number;
  readonly name: string;
  readonly sql: string;
}

const folder = new URL('../migrations/', import.meta.url);

/** The migrations of this program, in order. */
export async function readMigrations(): Promise<readonly Migration[]> {
  const names = (await readdir(folder)).filter((name) => /^\d{4}_.*\.sql$/.test(name)).sort();
  return await Promise.all(
    names.map(async (name) => ({
      number: Number(name.slice(0, 4)),
      name,
      sql: await readFile(new URL(name, folder), 'utf8'),
    })),
  );
}

/** Brings the schema up to date, as its owner; two at once wait for each other. Answers the names applied. Refuses a newer schema. */
export async function migrate(ownerUrl: string): Promise<readonly string[]> {
  const migrations = await readMigrations();
  const client = await connect(ownerUrl, 'kaas-migrate');
  try {
    await client.query('select pg_advisory_lock(7260500)');
    await client.query(
      'create table if not exists schema_migrations (number integer primary key, name text not null, applied_at timestamptz not null default now())',
    );
    await client.query('grant select on schema_migrations to kaas_api, kaas_controller');
    const done = await appliedNumber(client);
    refuseNewer(done, migrations);
    const open = migrations.filter((migration) => migration.number > done);
    for (const migration of open) {
      await client.query('begin');
      await client.query('insert into schema_migrations (number, name) values ($1, $2)', [
        migration.number,
        migration.name,
      ]);
      await client.query(migration.sql);
      await client.query('commit');
    }
    return open.map((migration) => migration.name);
  } finally {
    await client.end();
  }
}

/** Throws a typed error unless the schema is exactly the one this program was made for. */
export async function checkSchema(db: Queryable): Promise<void> {
  const migrations = await readMigrations();
  const done = await appliedNumber(db);
  refuseNewer(done, migrations);
  if (done < (migrations.at(-1)?.number ?? 0))
    throw new TypedError(`The database schema is at ${done}, this program needs ${migrations.at(-1)?.number}`, {
      code: 'schema_too_old',
      next: 'Run the migrations: ./kaas up does it.',
    });
}

async function appliedNumber(db: Queryable): Promise<number> {
  const exists = await db.query<{ found: string | null }>("select to_regclass('schema_migrations')::text as found");
  if (exists.rows[0]?.found === null) return 0;
  const result = await db.query<{ number: number }>('select coalesce(max(number), 0) as number from schema_migrations');
  return result.rows[0]?.number ?? 0;
}

function refuseNewer(done: number, migrations: readonly Migration[]): void {
  if (done > (migrations.at(-1)?.number ?? 0))
    throw new TypedError(`The database schema (${done}) is newer than this program (${migrations.at(-1)?.number})`, {
      code: 'schema_too_new',
      next: 'Start the newer version of Matryoshka that wrote it.',
    });
}
