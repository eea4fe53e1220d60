import { mkdirSync } from 'node:fs';
import { dirname } from 'node:path';
import { DatabaseSync, type SQLInputValue, type StatementSync } from 'node:sqlite';
import { TypedError } from '@matryoshka/system';

/** One forward-only step of one service's tables. `version` counts up from 1 without gaps within the service. */
export interface Migration {
  readonly service: string;
  readonly version: number;
  readonly sql: string;
}

export type Row = Readonly<Record<string, unknown>>;

/** The state of the whole cloud in one SQLite file. Everything is synchronous: a transaction cannot be interleaved with another request. */
export interface Store {
  all<T = Row>(sql: string, ...values: readonly SQLInputValue[]): T[];
  get<T = Row>(sql: string, ...values: readonly SQLInputValue[]): T | undefined;
  /** Number of changed rows. */
  run(sql: string, ...values: readonly SQLInputValue[]): number;
  /** All or nothing; nested calls join the outer transaction. The work must not be asynchronous. */
  transaction<T>(work: () => T extends PromiseLike<unknown> ? never : T): T;
  close(): void;
}

/** Opens (or creates) the file and brings its tables up to date. Throws TypedError `state_too_new` when a newer program wrote it. */
export function openStore(path: string, migrations: readonly Migration[]): Store {
  if (path !== ':memory:') mkdirSync(dirname(path), { recursive: true });
  const database = new DatabaseSync(path);
  database.exec(
    'pragma journal_mode = wal; pragma synchronous = full; pragma foreign_keys = on; pragma busy_timeout = 5000',
  );
  const statements = new Map<string, StatementSync>();
  const prepare = (sql: string): StatementSync => {
    const known = statements.get(sql);
    if (known !== undefined) return known;
    const statement = database.prepare(sql);
    statements.set(sql, statement);
    return statement;
  };
  let depth = 0;
  const store: Store = {
    all: <T>(sql: string, ...values: readonly SQLInputValue[]) => prepare(sql).all(...values) as T[],
    get: <T>(sql: string, ...values: readonly SQLInputValue[]) => prepare(sql).get(...values) as T | undefined,
    run: (sql, ...values) => Number(prepare(sql).run(...values).changes),
    transaction: (work) => {
      if (depth > 0) return work();
      database.exec('begin immediate');
      depth += 1;
      try {
        const result = work();
        database.exec('commit');
        return result;
      } catch (error) {
        database.exec('rollback');
        throw error;
      } finally {
        depth -= 1;
      }
    },
    close: () => database.close(),
  };
  migrate(database, store, migrations);
  return store;
}

function migrate(database: DatabaseSync, store: Store, migrations: readonly Migration[]): void {
  database.exec(
    'create table if not exists migration (service text not null, version integer not null, applied_at text not null, primary key (service, version)) strict',
  );
  for (const service of new Set(migrations.map((migration) => migration.service))) {
    const own = migrations
      .filter((migration) => migration.service === service)
      .toSorted((a, b) => a.version - b.version);
    const row = store.get<{ version: number | null }>(
      'select max(version) as version from migration where service = ?',
      service,
    );
    const current = row?.version ?? 0;
    const newest = own.at(-1)?.version ?? 0;
    if (current > newest)
      throw new TypedError(
        `the state was written by a newer pocket cloud (${service} tables ${current}, this program knows ${newest})`,
        {
          code: 'state_too_new',
          actor: 'user',
          next: 'Run the newer program, or purge the pocket cloud.',
        },
      );
    own.forEach((migration, index) => {
      if (migration.version !== index + 1)
        throw new Error(`${service}: migration ${migration.version} is out of order`);
      if (migration.version <= current) return;
      store.transaction(() => {
        database.exec(migration.sql);
        store.run('insert into migration values (?, ?, ?)', service, migration.version, new Date().toISOString());
      });
    });
  }
}
