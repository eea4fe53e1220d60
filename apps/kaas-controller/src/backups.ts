import { type BackupStore, directoryStore, parseIdentity, s3Store } from '@matryoshka/backup-store';
import { type BackupOptions, dataStoreAddress, runBackups } from '@matryoshka/controllers';
import type { KubeClient } from '@matryoshka/kube';
import { TypedError } from '@matryoshka/system';
import { readConfigured, required } from './settings.ts';

/** Keeps backups where KAAS_BACKUP_DIRECTORY or KAAS_BACKUP_S3_URL says (nowhere when neither is set), sealed with KAAS_BACKUP_IDENTITY_FILE, until the signal aborts. */
export async function keepBackups(
  management: KubeClient,
  options: Pick<BackupOptions, 'pool' | 'managementCluster' | 'log' | 'signal'>,
): Promise<void> {
  await runBackups({
    ...options,
    ...(await backupSettings()),
    intervalMs: 2_000,
    addressOf: async (dataStore, signal) => await dataStoreAddress(management, dataStore, signal),
  });
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
