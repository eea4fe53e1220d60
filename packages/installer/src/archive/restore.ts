import { chown, copyFile, mkdir, readdir, rename, rm, stat, statfs } from 'node:fs/promises';
import { join } from 'node:path';
import {
  type Account,
  type ArchiveState,
  archiveState,
  type BaseBackup,
  baseFor,
  postgresPrograms,
  unpackBackup,
} from '@matryoshka/archive';
import { flushLog, raiseRevisions } from '@matryoshka/postgres';
import { hasErrnoCode, stopDaemon, TypedError } from '@matryoshka/system';
import type { PlatformConfig, PlatformOptions, PlatformPaths } from '../config.ts';
import { platformPaths } from '../config.ts';
import type { PlatformContext } from '../context.ts';
import { defineGraph, type StepRun } from '../flow/graph.ts';
import { runGraph } from '../flow/run.ts';
import { answers, superuserAddress } from '../postgres/cluster.ts';
import { postgresStep, stopPostgres } from '../postgres/step.ts';
import { ensureDaemon } from '../processes/ensure-daemon.ts';
import { ensureSecrets } from '../secrets/secrets.ts';
import { stopApps } from '../service/steps.ts';
import { readState } from '../state/state.ts';
import { lockPlatform } from '../up.ts';
import { platformArchive, writeArchiveConfiguration } from './configuration.ts';
import { restartManagement } from './restart-management.ts';

export interface RestoreDatabaseOptions {
  readonly platform?: PlatformOptions;
  /** To this moment; absent: to the last that the archive has. */
  readonly at?: Date;
  readonly onProgress?: (line: string) => void;
  readonly signal?: AbortSignal;
}

export interface RestoredDatabase {
  /** Where what was there before lies now; undefined: nothing was there. */
  readonly replaced: string | undefined;
  /** Databases of control planes. */
  readonly stores: readonly string[];
}

/** Left free beside the database. */
const reserveBytes = 1 << 30;

/**
 * Puts PostgreSQL, with all that is in it, back to the last moment of its archive or to an earlier one: the product's database and those of all control planes. Nothing is exchanged before it has come up
 * beside the old one, which is kept. kaas-api and kaas-controller end, management servers are started again; `up` brings the rest. May be repeated after a crash at any moment. Throws TypedError
 * `not_installed`, `locked`, `archive_empty`, `moment_not_archived`, `disk_full`, `archive_failed`, `daemon_not_ready`.
 */
export async function restoreDatabase(options: RestoreDatabaseOptions = {}): Promise<RestoredDatabase> {
  const config = await readState(options.platform);
  if (config === undefined)
    throw new TypedError('Nothing is installed in this data directory', {
      code: 'not_installed',
      next: 'Run: kaas up',
    });
  const lock = await lockPlatform(config, 'kaas database restore');
  try {
    const signal = options.signal ?? new AbortController().signal;
    const run: StepRun = { signal, report: options.onProgress ?? (() => undefined) };
    const context: PlatformContext = { config, paths: platformPaths(config), secrets: await ensureSecrets(config) };
    const restored = await exchange(context, options.at, run);
    run.report('starting PostgreSQL');
    await runGraph(defineGraph([postgresStep([])]), context, { signal });
    await restartManagement(context, run);
    return restored;
  } finally {
    await lock.release();
  }
}

async function exchange(context: PlatformContext, at: Date | undefined, run: StepRun): Promise<RestoredDatabase> {
  const { config, paths } = context;
  const { data } = paths.postgres;
  const fresh = `${data}.restoring`;
  await writeArchiveConfiguration(config, paths);
  const archive = await platformArchive(paths);
  const state = await archiveState(archive, run.signal);
  if (state === undefined)
    throw new TypedError(`There is no base backup in ${paths.archive.repository}`, {
      code: 'archive_empty',
      next: 'Nothing can be restored; nothing was changed.',
    });
  const base = chooseBase(state, at);
  await ensureRoom(paths, base.bytes);
  await endOld(config, paths, run);
  run.report('unpacking the base backup');
  await rm(fresh, { recursive: true, force: true });
  await mkdir(fresh, { mode: 0o700 });
  const { account } = archive;
  if (account !== undefined) await chown(fresh, account.uid, account.gid);
  await unpackBackup(archive, { base, data: fresh, ...(at === undefined ? {} : { at }), signal: run.signal });
  await keepUnarchived(data, fresh, account);
  const stores = await comeUp(context, fresh, run);
  const replaced = (await exists(data))
    ? `${data}.replaced-${new Date().toISOString().replace(/\D/g, '').slice(0, 14)}`
    : undefined;
  if (replaced !== undefined) await rename(data, replaced);
  await rename(fresh, data);
  return { replaced, stores };
}

function chooseBase(state: ArchiveState, at: Date | undefined): BaseBackup {
  const base = baseFor(state, at);
  if (base !== undefined && (at === undefined || at <= new Date())) return base;
  throw new TypedError(
    `The archive does not hold ${at?.toISOString()}: it goes from ${state.backups[0]?.endedAt.toISOString()} to now`,
    { code: 'moment_not_archived', actor: 'user', next: 'Choose a moment in between. Nothing was changed.' },
  );
}

async function ensureRoom({ postgres }: PlatformPaths, bytes: number): Promise<void> {
  await mkdir(postgres.root, { recursive: true, mode: 0o755 });
  const { bavail, bsize } = await statfs(postgres.root);
  if (bavail * bsize >= bytes + reserveBytes) return;
  throw new TypedError(
    `The disk of ${postgres.root} has ${Math.round((bavail * bsize) / 2 ** 20)} MiB free; the database needs ${Math.round((bytes + reserveBytes) / 2 ** 20)}`,
    { code: 'disk_full', next: 'Make room. Nothing was changed.' },
  );
}

/** Ends whoever writes; a server that still answers first hands over what it has not archived yet. */
async function endOld(config: PlatformConfig, paths: PlatformPaths, { report, signal }: StepRun): Promise<void> {
  report('ending kaas-api, kaas-controller and PostgreSQL');
  await stopApps(paths);
  // One that cannot is restored to what there is, and its own log is taken below.
  if (await answers(config, paths))
    await flushLog(superuserAddress(config, paths), { timeoutMs: 30_000, signal }).catch(() => undefined);
  await stopPostgres(paths);
}

/** What the old server had written and not archived (PostgreSQL, "Recovering Using a Continuous Archive Backup", step 6). */
async function keepUnarchived(old: string, fresh: string, account: Account | undefined): Promise<void> {
  const [from, to] = [join(old, 'pg_wal'), join(fresh, 'pg_wal')];
  const names = await readdir(from).catch((error: unknown) => {
    if (hasErrnoCode(error, 'ENOENT')) return [];
    throw error;
  });
  for (const name of names.filter((entry) => /^[0-9A-F]{8}([0-9A-F]{16}|\.history)$/.test(entry))) {
    await copyFile(join(from, name), join(to, name));
    if (account !== undefined) await chown(join(to, name), account.uid, account.gid);
  }
}

/** Has it replay the log where nobody but us reaches it, and makes it fit for clients that saw more than it has. */
async function comeUp({ config, paths }: PlatformContext, fresh: string, run: StepRun): Promise<readonly string[]> {
  run.report('replaying the log');
  const pidFile = join(paths.run, 'postgres-restoring.pid');
  const logFile = paths.logFile('postgres');
  const { account } = await platformArchive(paths);
  await stopDaemon(pidFile, { signal: 'SIGINT', graceMs: 30_000 });
  // What it writes from now on is archived once it is in its place: nothing is lost of it meanwhile.
  const settings = { listen_addresses: '', archive_command: '', hot_standby: 'off' };
  try {
    await ensureDaemon({
      spec: {
        name: 'postgres',
        argv: [
          join(await postgresPrograms(), 'postgres'),
          ...['-D', fresh],
          ...Object.entries(settings).flatMap(([name, value]) => ['-c', `${name}=${value}`]),
        ],
        ...{ pidFile, logFile },
        env: { LC_ALL: 'C', PGDATA: undefined },
        ...account,
      },
      ready: async () => await answers(config, paths),
      run,
      timeoutMs: 60 * 60_000,
      attempts: 1,
    });
    run.report('raising revisions of control planes');
    return await raiseRevisions(superuserAddress(config, paths));
  } finally {
    await stopDaemon(pidFile, { signal: 'SIGINT', graceMs: 30_000 });
  }
}

async function exists(path: string): Promise<boolean> {
  try {
    await stat(path);
    return true;
  } catch (error) {
    if (hasErrnoCode(error, 'ENOENT')) return false;
    throw error;
  }
}
