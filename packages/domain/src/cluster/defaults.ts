import { defaultBackup } from '../backup/model.ts';
import { defaultAccessSettings } from '../cluster-access/settings.ts';
import { defaultDeletionSettings } from '../deletion/settings.ts';
import { defaultHibernation } from '../hibernation/model.ts';
import { defaultMaintenance } from '../maintenance/settings.ts';
import { defaultNetwork } from './model.ts';

/** What a cluster has that says nothing of it. */
export const defaultClusterSettings = {
  network: defaultNetwork,
  deletion: defaultDeletionSettings,
  access: defaultAccessSettings,
  maintenance: defaultMaintenance,
  hibernation: defaultHibernation,
  backup: defaultBackup,
} as const;
