import { chown, mkdir, mkdtemp, readFile, rm } from 'node:fs/promises';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { daemonStatus, run, startDaemon, stopDaemon, waitFor } from '@matryoshka/system';
import pg from 'pg';

export interface TestPostgres {
  /** All of its files are in it: `data`, and its Unix socket. */
  readonly directory: string;
  /** Superuser, database `postgres`. */
  readonly superuserUrl: string;
  readonly port: number;
  /** URL of a database as somebody else. */
  url(database: string, user: string, password: string): string;
  /** Runs a statement as superuser, in the database `postgres` unless another is named. Answers the first value of the first row, if there is one. */
  run(sql: string, database?: string): Promise<unknown>;
  /** A fresh database made from a template (`create database … template …`), dropped by `stop`. */
  cloneDatabase(template: string): Promise<string>;
  /** Ends every server process at once, as a power cut would; `restart` recovers from the log. */
  kill(): Promise<void>;
  restart(): Promise<void>;
  stop(): Promise<void>;
}

const binaries = '/usr/lib/postgresql/15/bin';

async function idOf(flag: '-u' | '-g'): Promise<number> {
  return Number((await run(['id', flag, 'postgres'])).stdout.trim());
}

async function freePort(): Promise<number> {
  return await new Promise((resolve, reject) => {
    const server = createServer();
    server.once('error', reject);
    server.listen(0, '127.0.0.1', () => {
      const address = server.address();
      server.close(() => (address !== null && typeof address === 'object' ? resolve(address.port) : reject(address)));
    });
  });
}

export interface TestPostgresOptions {
  /** A tablespace `small` on a disk of its own of so many MiB, to be filled. The disk goes with the server's processes. */
  readonly smallDiskMib?: number;
  /** More settings, given its directory. */
  readonly settings?: (directory: string) => Readonly<Record<string, string>>;
}

/** A private PostgreSQL 15 under /tmp (C locale, no fsync), run as user `postgres` because it refuses root. Call `stop` in `afterAll`. */
export async function startTestPostgres({ smallDiskMib, settings }: TestPostgresOptions = {}): Promise<TestPostgres> {
  const [uid, gid] = [await idOf('-u'), await idOf('-g')];
  const directory = await mkdtemp('/tmp/mat-pg-');
  await chown(directory, uid, gid);
  const data = join(directory, 'data');
  const pidFile = join(directory, 'postgres.pid');
  let port = await freePort();
  const asPostgres = ['setpriv', `--reuid=${uid}`, `--regid=${gid}`, '--clear-groups'] as const;
  const small = join(directory, 'small');
  // In a mount namespace of the server's own: nothing to unmount, whatever ends it.
  const onSmallDisk: readonly [string, ...string[]] = [
    'unshare',
    '--mount',
    'sh',
    '-c',
    'mount -t tmpfs -o "$1" tmpfs "$2" && shift 2 && exec "$@"',
    '-',
  ];
  const before =
    smallDiskMib === undefined
      ? ([] as const)
      : ([...onSmallDisk, `size=${smallDiskMib}m,mode=700,uid=${uid},gid=${gid}`, small, ...asPostgres] as const);
  const superuserUrl = (): string => `postgres://postgres@127.0.0.1:${port}/postgres`;

  async function start(): Promise<void> {
    await startDaemon({
      name: 'test postgres',
      argv: [
        ...before,
        `${binaries}/postgres`,
        ...['-D', data, '-p', String(port), '-k', directory, '-h', '127.0.0.1'],
        ...['-c', 'fsync=off', '-c', 'max_connections=200', '-c', 'shared_buffers=32MB'],
        ...Object.entries(settings?.(directory) ?? {}).flatMap(([name, value]) => ['-c', `${name}=${value}`]),
      ],
      pidFile,
      logFile: join(directory, 'log'),
      ...(smallDiskMib === undefined ? { uid, gid } : {}),
    });
    const answers = async (): Promise<boolean> => {
      const client = new pg.Client({ connectionString: superuserUrl() });
      try {
        await client.connect();
        return true;
      } catch {
        return false;
      } finally {
        await client.end().catch(() => undefined);
      }
    };
    const ended = async (): Promise<boolean> => (await daemonStatus(pidFile)) === undefined;
    const settled = await waitFor(async () => (await answers()) || (await ended()), {
      timeoutMs: 60_000,
      intervalMs: 100,
    });
    if (settled && !(await ended())) return;
    throw new Error(`PostgreSQL did not start on port ${port}:\n${await readFile(join(directory, 'log'), 'utf8')}`);
  }

  async function asSuperuser(sql: string, database = 'postgres'): Promise<unknown> {
    const client = new pg.Client({ connectionString: superuserUrl().replace(/[^/]+$/, database) });
    await client.connect();
    try {
      const { rows } = await client.query<Record<string, unknown>>(sql);
      return Object.values(rows[0] ?? {})[0];
    } finally {
      await client.end();
    }
  }

  let count = 0;
  try {
    await run([...asPostgres, `${binaries}/initdb`, '-D', data, '--locale=C', '-E', 'UTF8', '-A', 'trust', '-N']);
    if (smallDiskMib !== undefined) await mkdir(small);
    await start().catch(async () => {
      // Somebody took the port between the look and the start.
      await stopDaemon(pidFile);
      port = await freePort();
      await start();
    });
    if (smallDiskMib !== undefined) await asSuperuser(`create tablespace small location '${small}'`);
  } catch (error) {
    await stopDaemon(pidFile);
    await rm(directory, { recursive: true, force: true });
    throw error;
  }
  return {
    directory,
    superuserUrl: superuserUrl(),
    port,
    url: (database, user, password) =>
      `postgres://${user}:${encodeURIComponent(password)}@127.0.0.1:${port}/${database}`,
    run: asSuperuser,
    cloneDatabase: async (template) => {
      count += 1;
      const name = `test_${count}`;
      await asSuperuser(`create database ${name} template ${pg.escapeIdentifier(template)}`);
      return name;
    },
    // SIGQUIT is PostgreSQL's "immediate" shutdown: no checkpoint, children end at once, the next start recovers.
    kill: async () => await stopDaemon(pidFile, { signal: 'SIGQUIT' }),
    restart: start,
    stop: async () => {
      await stopDaemon(pidFile, { signal: 'SIGINT' });
      await rm(directory, { recursive: true, force: true });
    },
  };
}
