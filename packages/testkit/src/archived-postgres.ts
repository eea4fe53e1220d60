import { chown, mkdir, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { startTestPostgres, type TestPostgres } from './postgres.ts';

/** A private PostgreSQL whose log goes to pgBackRest, under the stanza `default`; nothing is in its archive yet, not even the stanza. */
export interface ArchivedPostgres {
  readonly postgres: TestPostgres;
  readonly configFile: string;
}

const configIn = (directory: string): string => join(directory, 'pgbackrest.conf');

/** Starts one. Call `postgres.stop` in `afterAll`: the archive goes with it. */
export async function startArchivedPostgres(): Promise<ArchivedPostgres> {
  const postgres = await startTestPostgres({
    settings: (at) => ({
      archive_mode: 'on',
      archive_command: `pgbackrest --config=${configIn(at)} --stanza=default archive-push %p`,
    }),
  });
  const { directory, port } = postgres;
  const { uid, gid } = await stat(directory);
  for (const name of ['repository', 'lock']) {
    await mkdir(join(directory, name));
    await chown(join(directory, name), uid, gid);
  }
  const lines = [
    '[global]',
    `repo1-path=${directory}/repository`,
    ...['repo1-cipher-type=aes-256-cbc', 'repo1-cipher-pass=of-a-test', 'repo1-retention-full=2', 'start-fast=y'],
    `lock-path=${directory}/lock`,
    '[default]',
    ...[`pg1-path=${directory}/data`, `pg1-port=${port}`, `pg1-socket-path=${directory}`],
  ];
  await writeFile(configIn(directory), `${lines.join('\n')}\n`);
  return { postgres, configFile: configIn(directory) };
}
