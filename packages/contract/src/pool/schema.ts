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

const KubernetesVersion = Type.String({
  description: 'Of the workers; at most three minors older than the control plane, never newer',
  examples: ['v1.36.3'],
});

const rollout = {
  maxSurge: Type.Integer({ minimum: 0, description: 'So many workers more than `count`, for as long as it takes' }),
  maxUnavailable: Type.Integer({ minimum: 0, description: 'So many fewer; one of the two is more than 0' }),
  drainTimeoutSeconds: Type.Integer({
    minimum: 0,
    description: 'How long a worker may take to be emptied before it goes with what is on it; 0: as long as it takes',
  }),
  paused: Type.Boolean({ description: 'No worker is replaced for now; the pool can be scaled' }),
};

/** How workers are replaced, by an upgrade or anything else. */
export const RolloutSettings = Type.Partial(Type.Object(rollout, { additionalProperties: false }), {
  $id: 'RolloutSettings',
  additionalProperties: false,
  description: 'How workers are replaced; what is absent stays as it is',
});

export const PoolSpec = Type.Object(
  {
    name: Type.String({ description: 'DNS-1123 label, at most 20 characters', examples: ['workers'] }),
    flavor: Type.String({ examples: ['m1.medium'] }),
    count: Type.Integer({ minimum: 0 }),
    kubernetesVersion: Type.Optional({ ...KubernetesVersion, description: 'Default: that of the control plane' }),
    rollout: Type.Optional(RolloutSettings),
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
    kubernetesVersion: KubernetesVersion,
    rollout: Type.Object(rollout, { additionalProperties: false }),
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
    kubernetesVersion: Type.Optional(KubernetesVersion),
    rollout: Type.Optional(RolloutSettings),
    labels: Type.Optional(Labels),
    taints: Type.Optional(Type.Array(Taint)),
  },
  { $id: 'PoolPatch', additionalProperties: false, minProperties: 1 },
);
export type PoolPatch = Static<typeof PoolPatch>;
