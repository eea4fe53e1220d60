import { chmod, chown, mkdir, readFile, rm, statfs, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { CommandError, daemonStatus, startDaemon, stopDaemon, TypedError, waitFor } from '@matryoshka/system';
import pg from 'pg';
import { type Archive, archiveState, baseFor, databaseMissing, unpackBackup } from './archive.ts';
import { postgresPrograms } from './programs.ts';

export interface RecoveryWish {
  readonly moment: Date;
  /** Only this one is complete in what is recovered, where that saves something. */
  readonly database: string;
  /** A folder of ours alone; what an earlier recovery left there is ended and removed. At most 80 characters: a Unix socket lies in it. */
  readonly directory: string;
  readonly signal: AbortSignal;
}

/** How the recovered PostgreSQL is reached: through a Unix socket that only its own account and root come to. */
export interface RecoveredAddress {
  readonly host: string;
  readonly port: number;
  readonly user: string;
}

const port = 5432;
/** Replaying a week's log may take long. */
const patienceMs = 60 * 60_000;
/** Left free on the disk beside what is recovered. */
const reserveBytes = 1 << 30;

/**
 * Brings a PostgreSQL of an earlier moment up beside everything else, for `work`; it is gone afterwards, whatever happens. The one that is archived goes on untouched. Throws TypedError
 * `moment_not_archived`, `recovery_no_space`, `archive_failed`, `recovery_failed`.
 */
export async function withRecovered<T>(
  archive: Archive,
  wish: RecoveryWish,
  work: (address: RecoveredAddress) => Promise<T>,
): Promise<T> {
  const places = placesIn(wish.directory);
  await removeRecovered(wish.directory);
  try {
    const major = await unpack(archive, wish, places);
    await start(archive, wish, places, major);
    return await work({ host: places.run, port, user: 'postgres' });
  } finally {
    await removeRecovered(wish.directory);
  }
}

/** Ends and removes what a recovery left that was killed. */
export async function removeRecovered(directory: string): Promise<void> {
  const { pidFile, all } = placesIn(directory);
  // SIGQUIT: at once (PostgreSQL, "Shutting Down the Server"); nothing of it is kept.
  await stopDaemon(pidFile, { signal: 'SIGQUIT', graceMs: 5_000 });
  await rm(all, { recursive: true, force: true });
}

interface Places {
  readonly all: string;
  readonly data: string;
  readonly tablespaces: string;
  readonly run: string;
  readonly hba: string;
  readonly settings: string;
  readonly log: string;
  readonly pidFile: string;
}

function placesIn(directory: string): Places {
  const all = join(directory, 'recovered');
  const at = (name: string): string => join(all, name);
  return {
    all,
    data: at('data'),
    tablespaces: at('tablespaces'),
    run: at('run'),
    hba: at('pg_hba.conf'),
    settings: at('postgresql.conf'),
    log: at('log'),
    // Outside of what is removed, so that a server is never left without it.
    pidFile: join(directory, 'recovered.pid'),
  };
}

/** Answers the major version of what was unpacked. */
async function unpack(
  archive: Archive,
  { moment, database, directory, signal }: RecoveryWish,
  places: Places,
): Promise<string> {
  const state = await archiveState(archive, signal);
  const base = state && baseFor(state, moment);
  if (state === undefined || base === undefined) throw notArchived(moment, state?.backups[0]?.endedAt);
  await mkdir(directory, { recursive: true });
  // Whoever the programs run as has to get through.
  await chmod(directory, 0o711);
  await mkdir(places.all, { mode: 0o700 });
  for (const folder of [places.data, places.tablespaces, places.run]) await mkdir(folder, { mode: 0o700 });
  await writeFile(places.hba, 'local all all trust\n');
  await writeFile(places.settings, '');
  if (archive.account !== undefined)
    for (const path of Object.values(places).filter((place) => place !== places.pidFile && place !== places.log))
      await chown(path, archive.account.uid, archive.account.gid);
  const { bavail, bsize } = await statfs(places.all);
  if (bavail * bsize < base.bytes + reserveBytes)
    throw new TypedError(
      `${places.all} has ${mebibytes(bavail * bsize)} MiB free; a PostgreSQL of ${moment.toISOString()} needs ${mebibytes(base.bytes + reserveBytes)}`,
      {
        code: 'recovery_no_space',
        actor: 'provider',
        next: 'Make room, or give another folder (KAAS_RECOVERY_DIRECTORY).',
      },
    );
  const restore = async (...more: readonly string[]): Promise<void> =>
    await unpackBackup(archive, { base, data: places.data, at: moment, signal }, [
      ...[`--tablespace-map-all=${places.tablespaces}`, '--archive-mode=off', ...more],
    ]);
  try {
    await restore(`--db-include=${database}`);
  } catch (error) {
    // It is younger than the base backup: all of it comes with the log.
    if (!(error instanceof TypedError && isMissing(error.cause))) throw error;
    await restore();
  }
  return state.major;
}

const isMissing = (cause: unknown): boolean => cause instanceof CommandError && cause.exitCode === databaseMissing;
const mebibytes = (bytes: number): number => Math.round(bytes / 2 ** 20);

function notArchived(moment: Date, from: Date | undefined): TypedError {
  const window = from === undefined ? 'it holds no base backup yet' : `it begins at ${from.toISOString()}`;
  return new TypedError(`The archive does not hold ${moment.toISOString()}: ${window}`, {
    code: 'moment_not_archived',
    actor: 'user',
    next: 'Choose a later moment, or a backup.',
  });
}

async function start(
  { account }: Archive,
  { moment, signal }: RecoveryWish,
  places: Places,
  major: string,
): Promise<void> {
  const settings = {
    config_file: places.settings,
    hba_file: places.hba,
    listen_addresses: '',
    unix_socket_directories: places.run,
    port: String(port),
    archive_mode: 'off',
    // Without it, limits like max_connections need not be those of the original (PostgreSQL, "Administrator's Overview" of hot standby).
    hot_standby: 'off',
    max_connections: '20',
    shared_buffers: '64MB',
    shared_preload_libraries: '',
    autovacuum: 'off',
    ssl: 'off',
    // Thrown away after use.
    fsync: 'off',
  };
  await startDaemon({
    name: 'recovered PostgreSQL',
    argv: [
      join(await postgresPrograms(major), 'postgres'),
      ...['-D', places.data],
      ...Object.entries(settings).flatMap(([name, value]) => ['-c', `${name}=${value}`]),
    ],
    pidFile: places.pidFile,
    logFile: places.log,
    env: { LC_ALL: 'C', PGDATA: undefined },
    ...account,
  });
  let ended = false;
  const settled = async (): Promise<boolean> => {
    signal.throwIfAborted();
    ended = (await daemonStatus(places.pidFile)) === undefined;
    return ended || (await answers(places.run));
  };
  if ((await waitFor(settled, { timeoutMs: patienceMs, intervalMs: 100, signal })) && !ended) return;
  const log = await readFile(places.log, 'utf8').catch(() => '');
  if (log.includes('recovery ended before configured recovery target was reached'))
    throw new TypedError(`The archive does not reach ${moment.toISOString()} yet, or something in between is missing`, {
      code: 'moment_not_archived',
      actor: 'provider',
      next: 'Ask for it again in a few minutes. When it stays so, see why pgBackRest does not archive.',
    });
  const why = log.split('\n').findLast((line) => /FATAL|PANIC|ERROR/.test(line));
  throw new TypedError(`PostgreSQL of ${moment.toISOString()} did not come up: ${why ?? 'it says nothing'}`, {
    code: 'recovery_failed',
    actor: 'provider',
    next: 'Ask for another moment. When it stays so, look whether the archive is whole: pgbackrest verify',
  });
}

async function answers(host: string): Promise<boolean> {
  const client = new pg.Client({ host, port, user: 'postgres', database: 'postgres', connectionTimeoutMillis: 2_000 });
  client.on('error', () => undefined);
  try {
    await client.connect();
    return true;
  } catch {
    return false;
  } finally {
    await client.end().catch(() => undefined);
  }
}
