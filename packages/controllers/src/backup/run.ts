import { type BackupStore, seal, unseal } from '@matryoshka/backup-store';
import {
  type BackupJob,
  backupsToMake,
  backupsToRemove,
  beginBackup,
  beginRestore,
  copyTenant,
  type DataStoreAddress,
  endBackup,
  endRestore,
  forgetBackup,
  insertSafetyBackup,
  noteRestoreError,
  type Pool,
  type RestoreJob,
  restoresToDo,
  restoreTenant,
  type StoredCopy,
  setBackupPlace,
  type TenantCopy,
  verifyTenantCopy,
} from '@matryoshka/postgres';
import { errorMessage, type Logger, repeatedly, TypedError } from '@matryoshka/system';

export interface BackupOptions {
  readonly pool: Pool;
  readonly managementCluster: string;
  /** Undefined: this installation keeps no backups. */
  readonly store: BackupStore | undefined;
  /** With which they are sealed (age-encryption.org/v1). */
  readonly identity: string;
  /** How the PostgreSQL behind a DataStore is reached. */
  readonly addressOf: (dataStore: string, signal: AbortSignal) => Promise<DataStoreAddress>;
  /** Lends a DataStore as it was at a moment, for `work`; undefined: nothing is archived. */
  readonly recovered: Recovered | undefined;
  readonly log: Logger;
  readonly intervalMs: number;
  readonly signal: AbortSignal;
}

export type Recovered = <T>(
  wish: { readonly dataStore: string; readonly clusterId: string; readonly moment: Date; readonly signal: AbortSignal },
  work: (address: DataStoreAddress) => Promise<T>,
) => Promise<T>;

/** Between two attempts at a restore that failed. In milliseconds. */
const restorePause = 30_000;

/**
 * Makes the backups that were asked for, restores and removes, one after the other, until the signal aborts; only one controller of a management cluster may. What a crash broke off is done again:
 * files have the name of their backup.
 */
export async function runBackups(options: BackupOptions): Promise<void> {
  const { pool, managementCluster, store, log, intervalMs, signal } = options;
  const failed = (error: unknown): void =>
    log.warn({ reason: errorMessage(error) }, 'backups could not be looked after');
  const tried = new Map<string, number>();
  let announced = false;
  await Promise.all([
    repeatedly({ intervalMs, signal, failed }, async () => {
      if (!announced) await setBackupPlace(pool, managementCluster, store?.place ?? null);
      announced = true;
      if (store !== undefined) await backupsOnce({ ...options, store }, tried);
    }),
    // Having a moment back may take long, and nobody else waits for it.
    repeatedly({ intervalMs, signal, failed }, async () => {
      if (store !== undefined) await momentsOnce({ ...options, store });
    }),
  ]);
}

/** Makes the backups of moments of the past, one after the other. */
export async function momentsOnce(tools: Tools): Promise<void> {
  const { pool, managementCluster, signal } = tools;
  for (const job of await backupsToMake(pool, managementCluster, 'moments')) {
    if (signal.aborted) return;
    await make(tools, job);
  }
}

/** One round. `tried`: when a restore in a cluster failed last. */
export async function backupsOnce(tools: Tools, tried: Map<string, number> = new Map()): Promise<void> {
  const { pool, managementCluster, store, signal } = tools;
  for (const job of await restoresToDo(pool, managementCluster)) {
    if (signal.aborted) return;
    if (Date.now() - (tried.get(job.clusterId) ?? 0) < restorePause) continue;
    if (await restore(tools, job)) tried.delete(job.clusterId);
    else tried.set(job.clusterId, Date.now());
  }
  for (const job of await backupsToMake(pool, managementCluster, 'now')) {
    if (signal.aborted) return;
    await make(tools, job);
  }
  for (const { id, clusterId } of await backupsToRemove(pool, managementCluster)) {
    if (signal.aborted) return;
    await store.remove(fileOf(clusterId, id));
    await forgetBackup(pool, id);
  }
}

type Tools = BackupOptions & { readonly store: BackupStore };

const fileOf = (clusterId: string, id: string): string => `${clusterId}/${id}.kine.gz.age`;

/** Makes a backup and proves that it can be read. Answers whether it succeeded. */
async function make(tools: Tools, job: BackupJob): Promise<boolean> {
  const { pool, store, identity, addressOf, log, signal } = tools;
  const { id, clusterId, dataStore, moment } = job;
  const startedAt = performance.now();
  await beginBackup(pool, id);
  try {
    const address = await addressOf(dataStore, signal);
    let bytes = 0;
    const copied = async (from: DataStoreAddress): Promise<TenantCopy> =>
      await copyTenant(from, clusterId, async (content) => {
        bytes = await store.put(fileOf(clusterId, id), await seal(content, identity));
      });
    const copy = moment === null ? await copied(address) : await recoveredIn(tools)({ ...job, moment, signal }, copied);
    await prove(tools, address, clusterId, { id, ...copy });
    // Somebody had it removed meanwhile, maybe before the file was there.
    if (!(await endBackup(pool, job, { ...copy, bytes }))) await store.remove(fileOf(clusterId, id));
    const seconds = Math.round(performance.now() - startedAt) / 1_000;
    log.info({ clusterId, backupId: id, keys: copy.keys, bytes, seconds }, 'a backup was made and read back');
    return true;
  } catch (error) {
    signal.throwIfAborted();
    log.error({ clusterId, backupId: id, err: error }, 'a backup failed');
    await store.remove(fileOf(clusterId, id)).catch(() => undefined);
    await endBackup(pool, job, { error: errorMessage(error) });
    return false;
  }
}

function recoveredIn({ recovered }: Tools): Recovered {
  if (recovered !== undefined) return recovered;
  throw new TypedError('the DataStore is not archived any more', {
    code: 'recovery_not_offered',
    actor: 'provider',
    next: 'Set KAAS_ARCHIVE_CONFIG_FILE and KAAS_RECOVERY_DIRECTORY of kaas-controller.',
  });
}

/** Exchanges what a cluster has for a backup, after what it has was backed up. Answers whether it succeeded. */
async function restore(tools: Tools, job: RestoreJob): Promise<boolean> {
  const { pool, addressOf, log, signal } = tools;
  const { clusterId, dataStore, copy } = job;
  try {
    if (!(await beginRestore(pool, job))) return true;
    const address = await addressOf(dataStore, signal);
    // One that cannot be read is found before anything is made for it.
    await prove(tools, address, clusterId, copy);
    if (job.safety?.state !== 'succeeded') {
      const safety = await insertSafetyBackup(pool, job);
      if (!(await make(tools, safety))) throw new Error('what the cluster has now could not be backed up first');
    }
    const revision = await restoreTenant(address, clusterId, await opened(tools, clusterId, copy), copy);
    await endRestore(pool, job);
    log.info({ clusterId, backupId: copy.id, keys: copy.keys, revision }, 'a backup was restored');
    return true;
  } catch (error) {
    signal.throwIfAborted();
    log.error({ clusterId, backupId: copy.id, err: error }, 'a backup could not be restored');
    await noteRestoreError(pool, clusterId, errorMessage(error));
    return false;
  }
}

const opened = async ({ store, identity }: Tools, clusterId: string, { id }: StoredCopy) =>
  await unseal(await store.get(fileOf(clusterId, id)), identity);

/** Reads a backup back, loads it where nobody sees it, and compares. */
async function prove(tools: Tools, address: DataStoreAddress, clusterId: string, copy: StoredCopy): Promise<void> {
  await verifyTenantCopy(address, clusterId, await opened(tools, clusterId, copy), copy);
}
