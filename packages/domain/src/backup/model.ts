/** Why a backup was made. */
export const backupReasons = ['requested', 'scheduled', 'before-restore', 'before-upgrade'] as const;
export type BackupReason = (typeof backupReasons)[number];

export const backupStates = ['pending', 'running', 'succeeded', 'failed', 'deleting'] as const;
export type BackupState = (typeof backupStates)[number];

/** All Kubernetes objects of a cluster at one moment, sealed, outside of its DataStore. */
export interface Backup {
  readonly id: string;
  readonly projectId: string;
  readonly clusterId: string;
  readonly reason: BackupReason;
  readonly state: BackupState;
  /** Why it failed. */
  readonly error: string | null;
  /** Whose objects it holds, had back from the archive of the DataStore; null: when it was made. */
  readonly moment: Date | null;
  /** Of the control plane, at the moment whose objects it holds. */
  readonly kubernetesVersion: string;
  /** Numbers of one that succeeded. */
  readonly keys: number | null;
  /** Sealed. */
  readonly bytes: number | null;
  readonly requestedBy: string;
  readonly createdAt: Date;
  readonly finishedAt: Date | null;
  /** It was read back, loaded and compared. */
  readonly verifiedAt: Date | null;
}

/** When backups are made by themselves, and how many of those are kept. */
export interface BackupSettings {
  /** Five fields as of cron(8); null: never. */
  readonly schedule: string | null;
  readonly timeZone: string;
  readonly keep: number;
}

/** Nobody has to think of it. */
export const defaultBackup: BackupSettings = { schedule: '0 2 * * *', timeZone: 'UTC', keep: 7 };

/** Backups of a cluster that somebody asked for. */
export const mostRequestedBackups = 20;

/** A backup shall take the place of what a cluster has. */
export interface Restore {
  readonly backupId: string;
  /** Its control plane has stopped: whoever restores may begin. */
  readonly allowed: boolean;
  /** Why the last attempt failed. */
  readonly error: string | null;
}
