import { type Static, Type } from 'typebox';
import { orNull, Timestamp } from '../common.ts';

const settings = {
  schedule: orNull(
    Type.String({ maxLength: 100, examples: ['0 2 * * *'] }),
    'When one is made by itself; five fields as of cron, null: never',
  ),
  timeZone: Type.String({
    maxLength: 64,
    description: 'In which `schedule` is read; IANA name',
    examples: ['Europe/Berlin'],
  }),
  keep: Type.Integer({ minimum: 1, maximum: 60, description: 'So many scheduled ones are kept' }),
};

export const BackupSettings = Type.Object(
  {
    schedule: Type.Optional(settings.schedule),
    timeZone: Type.Optional(settings.timeZone),
    keep: Type.Optional(settings.keep),
  },
  {
    $id: 'BackupSettings',
    additionalProperties: false,
    description:
      'When all Kubernetes objects of the cluster are backed up; what is absent stays as it is (at first: daily at 02:00 UTC, 7 are kept)',
  },
);
export type BackupSettings = Static<typeof BackupSettings>;

export const BackupPolicy = Type.Object(
  {
    ...settings,
    next: orNull(Timestamp, 'When the next is made; null: none by itself'),
    recoverableFrom: orNull(
      Timestamp,
      'Every moment since then can be had back as a backup; null: none can, only the backups there are',
    ),
  },
  { $id: 'BackupPolicy', additionalProperties: false },
);
export type BackupPolicy = Static<typeof BackupPolicy>;

export const CreateBackup = Type.Object(
  {
    moment: Type.Optional({
      ...Timestamp,
      description:
        'Objects as they were at this moment, had back from the archive of the DataStore; not before `backup.recoverableFrom` of the cluster. Absent: as they are now',
    }),
  },
  { $id: 'CreateBackup', additionalProperties: false },
);
export type CreateBackup = Static<typeof CreateBackup>;

export const Backup = Type.Object(
  {
    id: Type.String({ examples: ['b-4k2m8x1q0z7a'] }),
    clusterId: Type.String(),
    reason: Type.Enum(['requested', 'scheduled', 'before-restore', 'before-upgrade']),
    state: Type.Enum(['pending', 'running', 'succeeded', 'failed']),
    error: orNull(Type.String(), 'Why it failed'),
    moment: orNull(Timestamp, 'Whose objects it holds, had back from the archive; null: when it was made'),
    kubernetesVersion: Type.String({ description: 'Of the control plane at the moment whose objects it holds' }),
    keys: orNull(Type.Integer(), 'Objects in it'),
    bytes: orNull(Type.Integer(), 'Its size, compressed and encrypted'),
    requestedBy: Type.String(),
    createdAt: Timestamp,
    finishedAt: orNull(Timestamp, 'null: it has not ended'),
    verifiedAt: orNull(Timestamp, 'When it was read back, loaded and compared'),
  },
  { $id: 'Backup', additionalProperties: false, description: 'All Kubernetes objects of a cluster at one moment' },
);
export type Backup = Static<typeof Backup>;
