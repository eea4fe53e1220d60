import { type Static, Type } from 'typebox';
import { orNull, Timestamp } from '../common.ts';

const window = orNull(
  Type.Object(
    {
      days: Type.Array(Type.Enum(['sun', 'mon', 'tue', 'wed', 'thu', 'fri', 'sat']), { examples: [['sat', 'sun']] }),
      start: Type.String({ description: 'UTC', examples: ['02:00'] }),
      durationMinutes: Type.Integer({ minimum: 30, maximum: 1440, examples: [240] }),
    },
    { additionalProperties: false },
  ),
  'Only then the service begins something by itself; null: at any time. What has begun goes on when a window closes',
);
const exclusions = Type.Array(Type.Object({ from: Timestamp, until: Timestamp }, { additionalProperties: false }), {
  description: 'Nothing is begun then; at most 90 days each',
});
const autoUpgrade = Type.Enum(['none', 'patch'], {
  description: 'patch: to the newest patch of its minor, the control plane first, then pools of that minor',
});

export const MaintenanceSettings = Type.Object(
  {
    window: Type.Optional(window),
    exclusions: Type.Optional(exclusions),
    autoUpgrade: Type.Optional(autoUpgrade),
  },
  {
    $id: 'MaintenanceSettings',
    additionalProperties: false,
    description: 'When the service may change the cluster by itself; what is absent stays as it is',
  },
);
export type MaintenanceSettings = Static<typeof MaintenanceSettings>;

export const Maintenance = Type.Object(
  {
    ...{ window, exclusions, autoUpgrade },
    nextWindow: orNull(
      Type.Object({ from: Timestamp, until: Timestamp }, { additionalProperties: false }),
      'The one that is open, or the next; null: any time, or none within a year',
    ),
  },
  { $id: 'Maintenance', additionalProperties: false },
);
export type Maintenance = Static<typeof Maintenance>;
