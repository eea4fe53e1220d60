import { TypedError } from '@matryoshka/system';
import pg from 'pg';

export type Pool = pg.Pool;
/** A pool or one client inside of a transaction: whatever can run a statement. */
export type Queryable = Pick<pg.ClientBase, 'query'>;

// Generations and sequences are bigint; they stay far below 2^53.
const types = new pg.TypeOverrides();
types.setTypeParser(pg.types.builtins.INT8, (text) => Number(text));

/**
 * A pool of connections. `notify: false` switches LISTEN/NOTIFY off for everything written through it (everything must also work so).
 * A transaction that its client leaves open is ended by the server after ten seconds.
 */
export function createPool(
  url: string,
  options: {
    readonly max?: number;
    readonly notify?: boolean;
    readonly name?: string;
    /** How long to wait for a connection, also for a free one of the pool; default 5 000. */
    readonly connectTimeoutMs?: number;
  } = {},
): Pool {
  const pool = new pg.Pool({
    connectionString: url,
    max: options.max ?? 10,
    types,
    connectionTimeoutMillis: options.connectTimeoutMs ?? 5_000,
    application_name: options.name ?? 'kaas',
    options: [
      '-c idle_in_transaction_session_timeout=10000',
      '-c lock_timeout=10000',
      '-c statement_timeout=30000',
      ...(options.notify === false ? ['-c kaas.notify=off'] : []),
    ].join(' '),
  });
  // A lost idle connection is replaced by the pool; without a listener it would end the process.
  pool.on('error', () => undefined);
  return pool;
}

/** One dedicated connection, for LISTEN and for locks that live as long as the connection. The caller ends it. */
export async function connect(url: string, name: string): Promise<pg.Client> {
  const client = new pg.Client({
    connectionString: url,
    types,
    application_name: name,
    keepAlive: true,
    connectionTimeoutMillis: 10_000,
  });
  await client.connect();
  return client;
}

/** Runs `work` in one transaction; rolls back when it throws. */
export async function inTransaction<T>(pool: Pool, work: (tx: Queryable) => Promise<T>): Promise<T> {
  const client = await pool.connect();
  let broken: Error | undefined;
  // The pool listens to idle clients only: a connection that is lost while we hold it would end the process (pg, Client 'error').
  const lost = (error: Error): void => {
    broken = error;
  };
  client.on('error', lost);
  try {
    await client.query('begin');
    const result = await work(client);
    await client.query('commit');
    return result;
  } catch (error) {
    try {
      await client.query('rollback');
    } catch (rollbackError) {
      broken = rollbackError instanceof Error ? rollbackError : new Error(String(rollbackError));
    }
    throw error;
  } finally {
    client.off('error', lost);
    client.release(broken);
  }
}

/** What of the database somebody may see: one project, or only some clusters of it. */
export interface ProjectScope {
  readonly projectId: string;
  /** Null: all of them. */
  readonly clusterIds: readonly string[] | null;
}

/** Like `inTransaction`, seeing and writing one project only (row security; `set local`, so it ends with the transaction). */
export async function inProject<T>(
  pool: Pool,
  { projectId, clusterIds }: ProjectScope,
  work: (tx: Queryable) => Promise<T>,
): Promise<T> {
  return await inTransaction(pool, async (tx) => {
    await tx.query("select set_config('kaas.project_id', $1, true), set_config('kaas.cluster_ids', $2, true)", [
      projectId,
      (clusterIds ?? []).join(','),
    ]);
    return await work(tx);
  });
}

/** Like `inProject`, but what `work` does is undone in any case; answers what it answered. */
export async function inProjectUndone<T>(
  pool: Pool,
  scope: ProjectScope,
  work: (tx: Queryable) => Promise<T>,
): Promise<T> {
  const undo = new Error('undone as intended');
  let result: { readonly value: T } | undefined;
  try {
    await inProject(pool, scope, async (tx) => {
      result = { value: await work(tx) };
      throw undo;
    });
  } catch (error) {
    if (error !== undo) throw error;
  }
  if (result === undefined) throw undo;
  return result.value;
}

/** Within a transaction of `inProject`: for what concerns the project as a whole (its limits), whatever clusters the caller sees. */
export async function inWholeProject<T>(tx: Queryable, work: () => Promise<T>): Promise<T> {
  const seen = await tx.query<{ ids: string | null }>("select current_setting('kaas.cluster_ids', true) as ids");
  await tx.query("select set_config('kaas.cluster_ids', '', true)");
  const result = await work();
  await tx.query("select set_config('kaas.cluster_ids', $1, true)", [seen.rows[0]?.ids ?? '']);
  return result;
}

/** Within a transaction of `inProject`, for an administrator of the provider: reads all projects. */
export async function seeingFleet<T>(tx: Queryable, work: () => Promise<T>): Promise<T> {
  await tx.query("select set_config('kaas.provider', 'on', true)");
  const result = await work();
  await tx.query("select set_config('kaas.provider', '', true)");
  return result;
}

/** Like `inTransaction`, reading all projects; for administrators of the provider only. What is written needs a project, and there is none here. */
export async function inFleet<T>(pool: Pool, work: (tx: Queryable) => Promise<T>): Promise<T> {
  return await inTransaction(pool, async (tx) => await seeingFleet(tx, async () => await work(tx)));
}

/** True for a PostgreSQL error with one of the SQLSTATEs, e.g. `23505` unique_violation. */
export function hasSqlState(error: unknown, ...states: readonly string[]): boolean {
  return error instanceof Error && 'code' in error && typeof error.code === 'string' && states.includes(error.code);
}

// SQLSTATE classes and codes (PostgreSQL manual, appendix A) that say "not now" instead of "not so": connection exceptions, lack of
// resources, shutdown, a standby after a fail-over, timeouts, and conflicts that a repeat resolves.
const notNow = /^(08|53|57P|25006|25P0[34]|55P03|57014|40001|40P01)/;
const unreachable = /^(ECONN|EPIPE|ETIMEDOUT|ENOENT|ENOTFOUND|EAI_AGAIN|EHOST|ENET)/;
const lostConnection =
  /Connection terminated|timeout exceeded when trying to connect|connection error and is not queryable/;

/** True when the database could not be reached, went away, or did not answer in time; not when a statement was wrong. */
export function isDatabaseUnavailable(error: unknown): boolean {
  if (!(error instanceof Error)) return false;
  const code = 'code' in error && typeof error.code === 'string' ? error.code : '';
  return notNow.test(code) || unreachable.test(code) || lostConnection.test(error.message);
}

/** Throws a typed error when the database does not answer. */
export async function checkDatabase(pool: Pool): Promise<void> {
  try {
    await pool.query('select 1');
  } catch (error) {
    throw new TypedError(`The database does not answer: ${error instanceof Error ? error.message : String(error)}`, {
      code: 'database_unavailable',
      next: 'Check that PostgreSQL runs and that KAAS_DATABASE_URL is right.',
      cause: error,
    });
  }
}

/** Throws a typed error when row security does not bind the role of this pool: it would see the rows of every project. */
export async function checkRowSecurity(pool: Pool): Promise<void> {
  const result = await pool.query<{ active: boolean; role: string }>(
    "select row_security_active('clusters') as active, current_user as role",
  );
  const row = result.rows[0];
  if (row?.active !== true)
    throw new TypedError(`Row security does not bind the database role ${row?.role}`, {
      code: 'row_security_inactive',
      next: 'Use the role kaas_api in KAAS_DATABASE_URL.',
    });
}
