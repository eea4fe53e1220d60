import { join } from 'node:path';
import { type Archive, postgresAccount } from '@matryoshka/archive';
import { type BackupStore, directoryStore, parseIdentity, s3Store } from '@matryoshka/backup-store';
import {
  type BackupOptions,
  dataStoreAddress,
  type Recovered,
  recoveredFromArchives,
  runArchives,
  runBackups,
} from '@matryoshka/controllers';
import type { KubeClient } from '@matryoshka/kube';
import type { DataStoreAddress } from '@matryoshka/postgres';
import { TypedError } from '@matryoshka/system';
import { readConfigured, required } from './settings.ts';

/**
 * Keeps backups where KAAS_BACKUP_DIRECTORY or KAAS_BACKUP_S3_URL says (nowhere when neither is set), sealed with KAAS_BACKUP_IDENTITY_FILE, and has moments back from the archives that
 * KAAS_ARCHIVE_CONFIG_FILE knows, until the signal aborts.
 */
export async function keepBackups(
  management: KubeClient,
  options: Pick<BackupOptions, 'pool' | 'managementCluster' | 'log' | 'signal'>,
): Promise<void> {
  const addressOf = async (dataStore: string, signal: AbortSignal): Promise<DataStoreAddress> =>
    await dataStoreAddress(management, dataStore, signal);
  const archives = await archiveSettings();
  const recovered = archives && recoveredIn(archives, options.managementCluster, addressOf);
  await Promise.all([
    runBackups({ ...options, ...(await backupSettings()), addressOf, recovered, intervalMs: 2_000 }),
    ...(archives === undefined ? [] : [runArchives({ ...options, ...archives, addressOf, intervalMs: 30_000 })]),
  ]);
}

interface ArchiveSettings {
  readonly archiveOf: (dataStore: string) => Archive;
  readonly baseBackups: boolean;
}

/** Undefined: no DataStore is archived, as far as we know. */
async function archiveSettings(): Promise<ArchiveSettings | undefined> {
  const configFile = process.env.KAAS_ARCHIVE_CONFIG_FILE ?? '';
  if (configFile === '') return undefined;
  // PostgreSQL does not run as root.
  const account = process.getuid?.() === 0 ? await postgresAccount() : undefined;
  return {
    archiveOf: (stanza) => ({ configFile, stanza, ...(account === undefined ? {} : { account }) }),
    baseBackups: process.env.KAAS_ARCHIVE_BASE_BACKUPS === 'on',
  };
}

function recoveredIn(
  { archiveOf }: ArchiveSettings,
  managementCluster: string,
  addressOf: (dataStore: string, signal: AbortSignal) => Promise<DataStoreAddress>,
): Recovered {
  return recoveredFromArchives({ archiveOf, addressOf }, join(required('KAAS_RECOVERY_DIRECTORY'), managementCluster));
}

async function backupSettings(): Promise<{ readonly store: BackupStore | undefined; readonly identity: string }> {
  const [directory = '', url = ''] = [process.env.KAAS_BACKUP_DIRECTORY, process.env.KAAS_BACKUP_S3_URL];
  if (directory === '' && url === '') return { store: undefined, identity: '' };
  if (directory !== '' && url !== '')
    throw new TypedError('KAAS_BACKUP_DIRECTORY and KAAS_BACKUP_S3_URL are both set', {
      code: 'configuration',
      next: 'Set one of them. What lies in the other place stays there and cannot be restored meanwhile.',
    });
  const identity = parseIdentity(await readConfigured('KAAS_BACKUP_IDENTITY_FILE'));
  if (directory !== '') return { store: directoryStore(directory), identity };
  const store = s3Store({
    url,
    region: process.env.KAAS_BACKUP_S3_REGION || 'us-east-1',
    accessKeyId: required('KAAS_BACKUP_S3_ACCESS_KEY_ID'),
    secretAccessKey: (await readConfigured('KAAS_BACKUP_S3_SECRET_FILE')).trim(),
  });
  return { store, identity };
}
