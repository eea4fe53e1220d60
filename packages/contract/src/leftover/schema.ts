import { type Static, Type } from 'typebox';
import { orNull, Timestamp } from '../common.ts';

export const leftoverKinds = ['load-balancer', 'floating-ip', 'volume', 'volume-snapshot'] as const;
export const LeftoverKind = Type.Enum([...leftoverKinds]);

export const Leftover = Type.Object(
  {
    kind: LeftoverKind,
    id: Type.String({ description: 'Its id in OpenStack' }),
    name: Type.String(),
    status: Type.String({ description: 'In the words of its OpenStack service' }),
    usedBy: orNull(Type.String(), 'What in the cluster it was made for'),
    address: orNull(Type.String(), 'Where it could be reached'),
    sizeGib: orNull(Type.Integer(), 'Of a volume or snapshot'),
    createdAt: orNull(Timestamp, 'In OpenStack'),
    clusterId: Type.String(),
    clusterName: Type.String(),
    projectId: Type.String(),
    projectName: Type.String(),
    clusterDeletedAt: Timestamp,
    foundAt: Timestamp,
    reason: Type.Enum(['kept', 'left'], {
      description: 'kept: its customer wanted to keep it; left: it should be gone, and nobody pays for it knowingly',
    }),
    removal: orNull(
      Type.Object(
        { requestedAt: Timestamp, error: orNull(Type.String(), 'Why it is still there; null: it is on its way') },
        { additionalProperties: false },
      ),
      'null: nobody asked for it',
    ),
    adoption: orNull(
      Type.Object(
        {
          clusterId: Type.String(),
          clusterName: Type.String(),
          requestedAt: Timestamp,
          error: orNull(Type.String(), 'Why that cluster does not have it; null: it is about to'),
        },
        { additionalProperties: false },
      ),
      'null: nobody asked for it',
    ),
  },
  { $id: 'Leftover', additionalProperties: false },
);
export type Leftover = Static<typeof Leftover>;
