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
  { ...settings, next: orNull(Timestamp, 'When the next is made; null: none by itself') },
  { $id: 'BackupPolicy', additionalProperties: false },
);
export type BackupPolicy = Static<typeof BackupPolicy>;

export const Backup = Type.Object(
  {
    id: Type.String({ examples: ['b-4k2m8x1q0z7a'] }),
    clusterId: Type.String(),
    reason: Type.Enum(['requested', 'scheduled', 'before-restore', 'before-upgrade']),
    state: Type.Enum(['pending', 'running', 'succeeded', 'failed']),
    error: orNull(Type.String(), 'Why it failed'),
    kubernetesVersion: Type.String({ description: 'Of the control plane when it was made' }),
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
