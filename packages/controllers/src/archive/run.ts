import { type Archive, type ArchiveState, archiveState, backUp, withRecovered } from '@matryoshka/archive';
import {
  archiverState,
  type DataStoreAddress,
  dataStoreNames,
  flushLog,
  type Pool,
  reportArchive,
  tenantDatabase,
} from '@matryoshka/postgres';
import { errorMessage, type Logger, repeatedly } from '@matryoshka/system';
import type { Recovered } from '../backup/run.ts';

export interface ArchiveOptions {
  readonly pool: Pool;
  readonly managementCluster: string;
  /** The archive of a DataStore. */
  readonly archiveOf: (dataStore: string) => Archive;
  /** How the PostgreSQL behind a DataStore is reached. */
  readonly addressOf: (dataStore: string, signal: AbortSignal) => Promise<DataStoreAddress>;
  /** We make its base backups; otherwise somebody else does, where its files are. */
  readonly baseBackups: boolean;
  readonly log: Logger;
  readonly intervalMs: number;
  readonly signal: AbortSignal;
}

const hour = 3_600_000;
const times = {
  incremental: 24 * hour,
  full: 7 * 24 * hour,
  /** After a base backup that failed. */
  pause: hour / 6,
  /** For what is written to arrive in the archive. */
  flush: 5 * 60_000,
};

/** Makes known since when DataStores can be had back, and makes base backups where nobody else does, until the signal aborts. */
export async function runArchives(options: ArchiveOptions): Promise<void> {
  const { intervalMs, signal, log } = options;
  const failed = (error: unknown): void => log.warn({ reason: errorMessage(error) }, 'archives could not be looked at');
  const tried = new Map<string, number>();
  await repeatedly({ intervalMs, signal, failed }, async () => await archivesOnce(options, new Date(), tried));
}

/** One round. `tried`: when a base backup of a DataStore failed last. */
export async function archivesOnce(
  options: ArchiveOptions,
  now: Date,
  tried: Map<string, number> = new Map(),
): Promise<void> {
  const { pool, managementCluster, archiveOf, addressOf, baseBackups, log, signal } = options;
  for (const name of await dataStoreNames(pool, managementCluster)) {
    signal.throwIfAborted();
    const archive = archiveOf(name);
    const state = await archiveState(archive, signal).catch((error: unknown) => {
      log.warn({ dataStore: name, reason: errorMessage(error) }, 'an archive cannot be read');
      return undefined;
    });
    const failing = state !== undefined && (await archiverState(await addressOf(name, signal))).failing;
    const from = state?.backups[0]?.endedAt ?? null;
    await reportArchive(pool, { managementCluster, name }, { from, failing });
    const due = state === undefined || !baseBackups ? undefined : dueBackup(state, now);
    if (due === undefined || now.getTime() - (tried.get(name) ?? 0) < times.pause) continue;
    try {
      await backUp(archive, due, signal);
      tried.delete(name);
      log.info({ dataStore: name, type: due }, 'a base backup was made');
    } catch (error) {
      signal.throwIfAborted();
      tried.set(name, now.getTime());
      log.error({ dataStore: name, err: error }, 'a base backup failed');
    }
  }
}

/** A full one a week, what has changed since every day. */
export function dueBackup({ backups }: ArchiveState, now: Date): 'full' | 'incr' | undefined {
  const age = (backup: ArchiveState['backups'][number] | undefined): number =>
    backup === undefined ? Number.POSITIVE_INFINITY : now.getTime() - backup.endedAt.getTime();
  if (age(backups.filter(({ type }) => type === 'full').at(-1)) >= times.full) return 'full';
  return age(backups.at(-1)) >= times.incremental ? 'incr' : undefined;
}

/** Has DataStores back from their archives, one at a time, in a folder of ours. */
export function recoveredFromArchives(
  { archiveOf, addressOf }: Pick<ArchiveOptions, 'archiveOf' | 'addressOf'>,
  directory: string,
): Recovered {
  return async ({ dataStore, clusterId, moment, signal }, work) => {
    await flushLog(await addressOf(dataStore, signal), { timeoutMs: times.flush, signal });
    const wish = { moment, database: tenantDatabase(clusterId), directory, signal };
    return await withRecovered(archiveOf(dataStore), wish, async (address) => await work({ ...address, password: '' }));
  };
}
