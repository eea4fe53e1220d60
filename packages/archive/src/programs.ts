import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { hasErrnoCode, TypedError } from '@matryoshka/system';

export interface Account {
  readonly uid: number;
  readonly gid: number;
}

const programRoot = '/usr/lib/postgresql';

/** Folder of the programs of a PostgreSQL of this machine: of this major version, or of the newest there is. Throws TypedError `postgres_absent`. */
export async function postgresPrograms(major?: string): Promise<string> {
  const versions = await readdir(programRoot).catch((error: unknown) => {
    if (hasErrnoCode(error, 'ENOENT')) return [];
    throw error;
  });
  const newest = versions.filter((name) => /^\d+$/.test(name)).sort((a, b) => Number(b) - Number(a))[0];
  const chosen = major === undefined ? newest : versions.find((name) => name === major);
  if (chosen === undefined)
    throw new TypedError(`No PostgreSQL ${major ?? ''} under ${programRoot}`.replace('  ', ' '), {
      code: 'postgres_absent',
      actor: 'provider',
      next: `Install the Debian package postgresql${major === undefined ? '' : `-${major}`}.`,
    });
  return join(programRoot, chosen, 'bin');
}

/** The system account that a database runs as. Throws TypedError `postgres_absent`. */
export async function postgresAccount(): Promise<Account> {
  const line = (await readFile('/etc/passwd', 'utf8')).split('\n').find((text) => text.startsWith('postgres:'));
  const [, , uid, gid] = line?.split(':') ?? [];
  if (uid === undefined || gid === undefined)
    throw new TypedError('There is no user postgres on this machine', {
      code: 'postgres_absent',
      actor: 'provider',
      next: 'Install the Debian package postgresql.',
    });
  return { uid: Number(uid), gid: Number(gid) };
}
