import { sleep, TypedError } from '@matryoshka/system';
import type pg from 'pg';
import { connected, type DataStoreAddress } from './data-stores.ts';
import { goOnBehind } from './revisions.ts';

/** Between two looks at what was archived. In milliseconds. */
const lookEvery = 200;

/**
 * Waits until everything that a PostgreSQL has committed is in its archive; has the running segment of its log ended, where we may. Throws TypedError `archive_behind` when it has not got there in time,
 * and when it is not archived at all.
 */
export async function flushLog(
  address: DataStoreAddress,
  { timeoutMs, signal }: { readonly timeoutMs: number; readonly signal?: AbortSignal },
): Promise<void> {
  await connected(address, async (client) => {
    // A commit of ours behind all others: recovery ends at the first one after a moment, and an idle server has none.
    await client.query("select pg_logical_emit_message(true, 'kaas', '')");
    const allowed = await client.query<{ allowed: boolean }>(
      "select has_function_privilege('pg_switch_wal()', 'execute') as allowed",
    );
    const last = allowed.rows[0]?.allowed === true ? 'pg_switch_wal()' : 'pg_current_wal_insert_lsn()';
    const { rows } = await client.query<{ segment: string }>(`select pg_walfile_name(${last}) as segment`);
    const segment = rows[0]?.segment ?? '';
    const end = performance.now() + timeoutMs;
    for (;;) {
      const { segment: archived, failing, off } = await askArchiver(client);
      // Names of segments sort as the log goes, within one timeline; marks of base backups have a name behind theirs.
      if (archived !== null && archived.slice(0, 24) >= segment) return;
      if (off || performance.now() > end)
        throw new TypedError(
          `PostgreSQL has not archived ${segment}${off ? ': its archive_mode is off' : failing ? ': its archive_command fails' : ' yet'}`,
          {
            code: 'archive_behind',
            actor: 'provider',
            next: "See PostgreSQL's log for what its archive_command says.",
          },
        );
      await sleep(lookEvery, signal);
    }
  });
}

export interface ArchiverState {
  /** The last segment that was archived, and when; null: none since its counters began. */
  readonly segment: string | null;
  readonly archivedAt: Date | null;
  /** The last attempt failed: its log grows until somebody mends it. */
  readonly failing: boolean;
  /** It is not archived at all. */
  readonly off: boolean;
}

/** What the archiver of a PostgreSQL says of itself. */
export async function archiverState(address: DataStoreAddress): Promise<ArchiverState> {
  return await connected(address, askArchiver);
}

async function askArchiver(client: pg.Client): Promise<ArchiverState> {
  const { rows } = await client.query<ArchiverState>(
    `select last_archived_wal as segment, last_archived_time as "archivedAt", current_setting('archive_mode') = 'off' as off,
       coalesce(last_failed_time > coalesce(last_archived_time, '-infinity'), false) as failing from pg_stat_archiver`,
  );
  const [row] = rows;
  if (row === undefined) throw new Error('the server answered nothing');
  return row;
}

/** More than was written to any control plane in what may be missing of the end of an archive. */
const gap = 1_000_000;

/**
 * Makes the stores of all control planes go on above every revision that anybody may have seen, and count as compacted before: whoever watched is told to list again. For a PostgreSQL that went back in
 * time, before kine gets at it. Answers the names of the databases.
 */
export async function raiseRevisions(address: DataStoreAddress): Promise<readonly string[]> {
  const names = await connected(address, async (client) => {
    const { rows } = await client.query<{ name: string }>(
      'select datname as name from pg_database where datallowconn and not datistemplate order by 1',
    );
    return rows.map(({ name }) => name);
  });
  const raised: string[] = [];
  for (const name of names) {
    const found = await connected(
      address,
      async (client) => {
        const there = await client.query<{ there: boolean }>("select to_regclass('kine') is not null as there");
        if (there.rows[0]?.there !== true) return false;
        await client.query('begin');
        const { rows } = await client.query<{ revision: string }>(
          `select (coalesce(max(id), 0) + ${gap})::text as revision from kine`,
        );
        await goOnBehind(client, rows[0]?.revision ?? gap);
        await client.query('commit');
        return true;
      },
      name,
      { query_timeout: 0 },
    );
    if (found) raised.push(name);
  }
  return raised;
}
