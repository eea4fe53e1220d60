import { type Static, Type } from 'typebox';

export const Taint = Type.Object(
  {
    key: Type.String(),
    value: Type.Optional(Type.String({ default: '' })),
    effect: Type.Enum(['NoSchedule', 'PreferNoSchedule', 'NoExecute']),
  },
  { $id: 'Taint', additionalProperties: false },
);
export type Taint = Static<typeof Taint>;

const Labels = Type.Record(Type.String(), Type.String(), { description: 'Node labels' });

export const PoolSpec = Type.Object(
  {
    name: Type.String({ description: 'DNS-1123 label, at most 20 characters', examples: ['workers'] }),
    flavor: Type.String({ examples: ['m1.medium'] }),
    count: Type.Integer({ minimum: 0 }),
    labels: Type.Optional(Labels),
    taints: Type.Optional(Type.Array(Taint)),
  },
  { $id: 'PoolSpec', additionalProperties: false },
);
export type PoolSpec = Static<typeof PoolSpec>;

export const Pool = Type.Object(
  {
    name: Type.String(),
    flavor: Type.String(),
    count: Type.Integer(),
    labels: Labels,
    taints: Type.Array(Taint),
    status: Type.Object(
      { machines: Type.Integer(), ready: Type.Integer() },
      { additionalProperties: false, description: 'Machines that exist, nodes that are Ready' },
    ),
  },
  { $id: 'Pool', additionalProperties: false, description: 'A group of equal workers' },
);
export type Pool = Static<typeof Pool>;

export const PoolPatch = Type.Object(
  {
    count: Type.Optional(Type.Integer({ minimum: 0 })),
    labels: Type.Optional(Labels),
    taints: Type.Optional(Type.Array(Taint)),
  },
  { $id: 'PoolPatch', additionalProperties: false, minProperties: 1 },
);
export type PoolPatch = Static<typeof PoolPatch>;
