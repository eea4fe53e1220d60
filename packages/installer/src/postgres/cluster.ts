import { chmod, chown, mkdir, readdir, rename, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { type Account, postgresPrograms } from '@matryoshka/archive';
import type { DataStoreAddress } from '@matryoshka/postgres';
import { errorMessage, hasErrnoCode, readFileIfExists, run, TypedError, writeFileAtomic } from '@matryoshka/system';
import pg from 'pg';
import type { PlatformConfig, PlatformPaths } from '../config.ts';
import type { PlatformContext } from '../context.ts';
import { type CertificateAndKey, ensureAuthority, ensureLeaf } from '../secrets/certificates.ts';
import { pgHbaConf, pgIdentConf, postgresConf } from './settings.ts';

/** The authority for everything that speaks TLS on the provider network. */
export async function platformAuthority(paths: PlatformPaths): Promise<CertificateAndKey> {
  return await ensureAuthority(paths.pki, 'platform-ca', 'matryoshka-platform');
}

/**
 * Makes the database folder once. It appears under its name only when complete, so that a crash leaves nothing half-made in use. Throws TypedError `database_lost` instead of beginning anew where there
 * is an archive of one.
 */
export async function ensureInitialised(paths: PlatformPaths, account: Account): Promise<void> {
  await mkdir(paths.postgres.root, { recursive: true, mode: 0o755 });
  for (const dir of [paths.postgres.root, paths.postgres.socketDir]) {
    await mkdir(dir, { recursive: true, mode: 0o755 });
    await chown(dir, account.uid, account.gid);
    await chmod(dir, 0o755);
  }
  if ((await readFileIfExists(join(paths.postgres.data, 'PG_VERSION'))) !== undefined) return;
  await refuseWithArchive(paths);
  const fresh = `${paths.postgres.data}.new`;
  await rm(fresh, { recursive: true, force: true });
  await run(
    [
      join(await postgresPrograms(), 'initdb'),
      `--pgdata=${fresh}`,
      '--username=postgres',
      '--encoding=UTF8',
      // kine finds keys by ranges and LIKE on a prefix: byte order, and an index that serves it.
      '--locale=C',
      '--auth-local=peer',
      '--auth-host=scram-sha-256',
    ],
    { cwd: '/', uid: account.uid, gid: account.gid, env: { LC_ALL: 'C', LANG: 'C' } },
  );
  await rename(fresh, paths.postgres.data);
}

/** Base backups are in folders of their own beside pgBackRest's lists. */
async function refuseWithArchive({ archive, postgres }: PlatformPaths): Promise<void> {
  const kept = await readdir(join(archive.repository, 'backup', archive.stanza)).catch((error: unknown) => {
    if (hasErrnoCode(error, 'ENOENT')) return [];
    throw error;
  });
  if (kept.some((name) => /^\d{8}-\d{6}F/.test(name)))
    throw new TypedError(`There is no database in ${postgres.data}, but an archive of one in ${archive.repository}`, {
      code: 'database_lost',
      actor: 'provider',
      next: 'Run: kaas database restore. To begin anew and lose all of it: kaas down --purge',
    });
}

/** Writes settings, access rules and certificate. Answers whether anything changed. */
export async function writeSettings(context: PlatformContext, account: Account): Promise<boolean> {
  const { config, paths } = context;
  const leaf = await ensureLeaf(paths.pki, 'postgres', await platformAuthority(paths), {
    commonName: 'postgres',
    ipAddresses: [config.network.address, '127.0.0.1'],
    dnsNames: ['localhost'],
    usages: ['server'],
  });
  const files: readonly (readonly [string, string])[] = [
    ['postgresql.conf', postgresConf(config, paths)],
    ['pg_hba.conf', pgHbaConf(config)],
    ['pg_ident.conf', pgIdentConf],
    ['server.key', leaf.key],
    ['server.crt', leaf.certificate],
  ];
  let changed = false;
  for (const [name, content] of files) {
    const path = join(paths.postgres.data, name);
    if ((await readFileIfExists(path)) === content) continue;
    await writeFileAtomic(path, content, 0o600);
    await chown(path, account.uid, account.gid);
    changed = true;
  }
  return changed;
}

/** How the superuser reaches it through the Unix socket; root and postgres of this machine need no password. */
export function superuserAddress(config: PlatformConfig, paths: PlatformPaths): DataStoreAddress {
  return { host: paths.postgres.socketDir, port: config.ports.postgres, user: 'postgres', password: '' };
}

/** Runs `work` as the superuser, through the Unix socket: only root and postgres of this machine can. */
export async function withSuperuser<T>(
  config: PlatformConfig,
  paths: PlatformPaths,
  work: (client: pg.Client) => Promise<T>,
  database = 'postgres',
): Promise<T> {
  const client = new pg.Client({
    host: paths.postgres.socketDir,
    port: config.ports.postgres,
    user: 'postgres',
    database,
    connectionTimeoutMillis: 5000,
  });
  // A connection that breaks between queries must not end this process; the next query reports it.
  client.on('error', () => undefined);
  await client.connect();
  try {
    return await work(client);
  } finally {
    await client.end().catch(() => undefined);
  }
}

/** Whether the server answers a query. */
export async function answers(config: PlatformConfig, paths: PlatformPaths): Promise<boolean> {
  try {
    return await withSuperuser(config, paths, async (client) => (await client.query('select 1')).rowCount === 1);
  } catch {
    return false;
  }
}

/** URL for the superuser through the socket, as libpq and node-postgres read it. */
export function superuserUrl(config: PlatformConfig, paths: PlatformPaths): string {
  return `postgres://postgres@${encodeURIComponent(paths.postgres.socketDir)}:${config.ports.postgres}/postgres`;
}

/** URL of a role through the socket. */
export function socketUrl(
  config: PlatformConfig,
  paths: PlatformPaths,
  role: string,
  password: string,
  database: string,
): string {
  return `postgres://${role}:${password}@${encodeURIComponent(paths.postgres.socketDir)}:${config.ports.postgres}/${database}`;
}

/** Whether a role can log in to a database with this password. Throws on anything but a refusal. */
export async function canLogIn(
  config: PlatformConfig,
  paths: PlatformPaths,
  role: string,
  password: string,
  database = 'postgres',
): Promise<boolean> {
  const client = new pg.Client({
    host: paths.postgres.socketDir,
    port: config.ports.postgres,
    user: role,
    password,
    database,
    connectionTimeoutMillis: 5000,
  });
  try {
    await client.connect();
    return true;
  } catch (error) {
    // 28P01: password refused, also for a role that does not exist; 3D000: no such database; 42501: not allowed to connect (PostgreSQL, appendix A).
    if (hasErrnoCode(error, '28P01', '28000', '3D000', '42501')) return false;
    throw new TypedError(`PostgreSQL: ${errorMessage(error)}`, { code: 'postgres_failed', cause: error });
  } finally {
    await client.end().catch(() => undefined);
  }
}
