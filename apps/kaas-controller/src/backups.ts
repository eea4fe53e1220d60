import { type BackupStore, directoryStore, parseIdentity } from '@matryoshka/backup-store';
import { type BackupOptions, dataStoreAddress, runBackups } from '@matryoshka/controllers';
import type { KubeClient } from '@matryoshka/kube';
import { readConfigured } from './settings.ts';

/** Keeps backups where KAAS_BACKUP_DIRECTORY says (nowhere when it is not set), sealed with KAAS_BACKUP_IDENTITY_FILE, until the signal aborts. */
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
  const directory = process.env.KAAS_BACKUP_DIRECTORY ?? '';
  if (directory === '') return { store: undefined, identity: '' };
  return {
    store: directoryStore(directory),
    identity: parseIdentity(await readConfigured('KAAS_BACKUP_IDENTITY_FILE')),
  };
}
