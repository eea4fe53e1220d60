import { type Static, Type } from 'typebox';
import { orNull } from '../common.ts';

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

const autoRepair = Type.Boolean({ description: 'A worker that is not well for some minutes is replaced' });

const autoscaling = {
  min: Type.Integer({ minimum: 0 }),
  max: Type.Integer({ minimum: 1 }),
  priority: Type.Integer({
    minimum: -1000,
    maximum: 1000,
    description:
      'Of the pools on which a waiting pod would fit, the one with the highest grows; then the one that wastes least',
  }),
  scaleDownAfterSeconds: Type.Integer({
    minimum: 60,
    maximum: 86_400,
    description: 'A worker that is hardly used goes when it was so for so long; also the pause after the cluster grew',
  }),
  scaleDownBelowPercent: Type.Integer({
    minimum: 0,
    maximum: 100,
    description:
      'Hardly used: its pods ask for less than this share of its processors and of its memory; 0: none ever is',
  }),
};
const { min, max, ...tuning } = autoscaling;

/** The number of workers follows what pods ask for. */
export const AutoscalingSettings = Type.Object(
  { min, max, ...Type.Partial(Type.Object(tuning)).properties },
  {
    $id: 'AutoscalingSettings',
    additionalProperties: false,
    description: 'The number of workers follows what pods ask for, between two bounds',
  },
);

export const PoolSpec = Type.Object(
  {
    name: Type.String({ description: 'DNS-1123 label, at most 20 characters', examples: ['workers'] }),
    flavor: Type.String({ examples: ['m1.medium'] }),
    count: Type.Integer({ minimum: 0 }),
    kubernetesVersion: Type.Optional({ ...KubernetesVersion, description: 'Default: that of the control plane' }),
    rollout: Type.Optional(RolloutSettings),
    autoRepair: Type.Optional(autoRepair),
    autoscaling: Type.Optional(orNull(AutoscalingSettings, 'Null: `count` says how many')),
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
    count: Type.Integer({ description: 'With autoscaling, how many it wants now' }),
    kubernetesVersion: KubernetesVersion,
    rollout: Type.Object(rollout, { additionalProperties: false }),
    autoRepair,
    autoscaling: orNull(Type.Object(autoscaling, { additionalProperties: false }), 'Null: `count` says how many'),
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
    flavor: Type.Optional(Type.String({ description: 'Another one replaces the workers, as `rollout` says' })),
    count: Type.Optional(Type.Integer({ minimum: 0 })),
    kubernetesVersion: Type.Optional(KubernetesVersion),
    rollout: Type.Optional(RolloutSettings),
    autoRepair: Type.Optional(autoRepair),
    autoscaling: Type.Optional(orNull(AutoscalingSettings, 'Null: `count` says how many')),
    labels: Type.Optional(Labels),
    taints: Type.Optional(Type.Array(Taint)),
  },
  { $id: 'PoolPatch', additionalProperties: false, minProperties: 1 },
);
export type PoolPatch = Static<typeof PoolPatch>;
