import { type Static, Type } from 'typebox';
import { Decimal, orNull } from '../common.ts';

export const Version = Type.Object(
  {
    version: Type.String({ examples: ['v1.36.3'] }),
    state: Type.Enum(['offered', 'deprecated', 'withdrawn']),
    default: Type.Boolean(),
    available: Type.Boolean({ description: 'A worker image for it exists' }),
  },
  { $id: 'Version', additionalProperties: false, description: 'A Kubernetes version' },
);
export type Version = Static<typeof Version>;

export const Flavor = Type.Object(
  {
    name: Type.String(),
    vcpus: Type.Integer(),
    ramMib: Type.Integer(),
    diskGib: Type.Integer(),
    perHour: orNull(Decimal('What a worker of this size costs now'), 'null: it has no price'),
  },
  { $id: 'Flavor', additionalProperties: false, description: 'A size of worker, from OpenStack' },
);
export type Flavor = Static<typeof Flavor>;
