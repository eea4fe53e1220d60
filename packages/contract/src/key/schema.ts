import { type Static, Type } from 'typebox';
import { orNull, Timestamp } from '../common.ts';

export const clusterKeys = ['openstack-credential', 'encryption'] as const;

export const ClusterKey = Type.Object(
  {
    key: Type.Enum([...clusterKeys], {
      description:
        '`openstack-credential`: with which load balancers, volumes and workers are made in the project; `encryption`: with which Secrets are stored',
    }),
    madeAt: orNull(Timestamp, 'null: there is none, or it is from before this was remembered'),
    state: Type.Enum(['current', 'rotating', 'absent'], { description: '`absent`: Secrets are stored as they are' }),
  },
  { $id: 'ClusterKey', additionalProperties: false },
);
export type ClusterKey = Static<typeof ClusterKey>;

export const ClusterKeys = Type.Object(
  { items: Type.Array(ClusterKey, { description: 'As they were seen last; empty until somebody has looked' }) },
  { $id: 'ClusterKeys', additionalProperties: false },
);
export type ClusterKeys = Static<typeof ClusterKeys>;
