import { archiveState, type BaseBackup, backUp } from '@matryoshka/archive';
import { archiverState } from '@matryoshka/postgres';
import { TypedError } from '@matryoshka/system';
import { type PlatformOptions, platformPaths } from '../config.ts';
import { superuserAddress } from '../postgres/cluster.ts';
import { readState } from '../state/state.ts';
import { platformArchive } from './configuration.ts';

export interface DatabaseArchive {
  /** Oldest first: every moment since the end of the first one can be had back. */
  readonly backups: readonly BaseBackup[];
  /** When something last got there; undefined: nothing since PostgreSQL started, or it does not answer. */
  readonly archivedAt: Date | undefined;
  /** The last attempt at archiving failed. */
  readonly failing: boolean;
}

/** What the archive of the platform's PostgreSQL holds. Throws TypedError `not_installed`, `archive_failed`. */
export async function databaseArchive(options: PlatformOptions = {}): Promise<DatabaseArchive> {
  const config = await installed(options);
  const paths = platformPaths(config);
  const state = await archiveState(await platformArchive(paths));
  const archiver = await archiverState(superuserAddress(config, paths)).catch(() => undefined);
  return {
    backups: state?.backups ?? [],
    archivedAt: archiver?.archivedAt ?? undefined,
    failing: archiver?.failing === true,
  };
}

/** Makes a base backup now. Throws TypedError `not_installed`, `archive_failed`. */
export async function backUpDatabase(
  type: 'full' | 'incr',
  options: { readonly platform?: PlatformOptions; readonly signal?: AbortSignal } = {},
): Promise<void> {
  const config = await installed(options.platform);
  await backUp(await platformArchive(platformPaths(config)), type, options.signal);
}

async function installed(options: PlatformOptions | undefined) {
  const config = await readState(options);
  if (config !== undefined) return config;
  throw new TypedError('Nothing is installed in this data directory', { code: 'not_installed', next: 'Run: kaas up' });
}
