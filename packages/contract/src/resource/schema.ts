import { type Static, Type } from 'typebox';
import { orNull, Timestamp } from '../common.ts';

export const Resource = Type.Object(
  {
    kind: Type.Enum(['load-balancer', 'floating-ip', 'volume', 'volume-snapshot']),
    id: Type.String({ description: 'Its id in OpenStack' }),
    name: Type.String(),
    status: Type.String({ description: 'In the words of its OpenStack service', examples: ['ACTIVE', 'in-use'] }),
    usedBy: orNull(Type.String({ examples: ['Service default/web'] }), 'What in the cluster it was made for'),
    address: orNull(Type.String(), 'Address at which it can be reached'),
    sizeGib: orNull(Type.Integer(), 'Size of a volume, or of the volume of a snapshot'),
    createdAt: Type.Union([Timestamp, Type.Null()]),
  },
  { $id: 'Resource', additionalProperties: false },
);
export type Resource = Static<typeof Resource>;
