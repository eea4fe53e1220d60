import { randomBytes } from 'node:crypto';
import { chown, mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { type Archive, postgresAccount } from '@matryoshka/archive';
import { readFileIfExists, writeFileAtomic } from '@matryoshka/system';
import type { PlatformConfig, PlatformPaths } from '../config.ts';

/** What PostgreSQL hands a finished segment of its log to (its `archive_command`). */
export function archiveCommand({ archive }: PlatformPaths): string {
  return `pgbackrest --config=${archive.configFile} --stanza=${archive.stanza} --log-level-file=off archive-push %p`;
}

/** The archive of the platform's PostgreSQL. Throws TypedError `postgres_absent` on a machine that has none. */
export async function platformArchive({ archive }: PlatformPaths): Promise<Archive> {
  const { configFile, stanza } = archive;
  return { configFile, stanza, account: await postgresAccount() };
}

/** pgBackRest's configuration. Source: its configuration reference. */
export function archiveConfiguration(
  config: PlatformConfig,
  { archive, postgres }: PlatformPaths,
  passphrase: string,
): string {
  return [
    '[global]',
    `repo1-path=${archive.repository}`,
    // Customers' Secrets lie in clusters that never had a key of their own.
    'repo1-cipher-type=aes-256-cbc',
    `repo1-cipher-pass=${passphrase}`,
    'repo1-retention-full=2',
    'compress-type=zst',
    'start-fast=y',
    `lock-path=${join(archive.root, 'lock')}`,
    // An archive that takes nothing must not fill the disk of the database: beyond this, the archive has a hole until the next base backup.
    'archive-push-queue-max=4GiB',
    '',
    `[${archive.stanza}]`,
    `pg1-path=${postgres.data}`,
    `pg1-port=${config.ports.postgres}`,
    `pg1-socket-path=${postgres.socketDir}`,
    '',
  ].join('\n');
}

/** Makes folders and configuration as they shall be. Answers whether anything changed. Repeatable. */
export async function writeArchiveConfiguration(config: PlatformConfig, paths: PlatformPaths): Promise<boolean> {
  const { archive } = paths;
  const { uid, gid } = await postgresAccount();
  if ((await readFileIfExists(archive.passphraseFile)) === undefined)
    await writeFileAtomic(archive.passphraseFile, `${randomBytes(32).toString('hex')}\n`, 0o600);
  await mkdir(archive.recovery, { recursive: true, mode: 0o755 });
  for (const folder of [archive.root, archive.repository, join(archive.root, 'lock')]) {
    await mkdir(folder, { recursive: true, mode: 0o750 });
    await chown(folder, uid, gid);
  }
  const passphrase = ((await readFileIfExists(archive.passphraseFile)) ?? '').trim();
  const wanted = archiveConfiguration(config, paths, passphrase);
  if ((await readFileIfExists(archive.configFile)) === wanted) return false;
  await writeFileAtomic(archive.configFile, wanted, 0o600);
  await chown(archive.configFile, uid, gid);
  return true;
}
