import { type Static, Type } from 'typebox';
import { Decimal, orNull, Timestamp } from '../common.ts';

export const DeletionSettings = Type.Object(
  {
    protection: Type.Optional(Type.Boolean({ default: false, description: 'While true, nobody deletes the cluster' })),
    gracePeriodSeconds: Type.Optional(
      Type.Integer({
        default: 0,
        minimum: 0,
        maximum: 2_592_000,
        description: 'How long a deletion waits before anything is destroyed; it can be undone meanwhile',
      }),
    ),
    expiresAt: Type.Optional(
      Type.Union([Timestamp, Type.Null()], {
        default: null,
        description: 'The cluster is deleted by itself at this moment, without a grace period; its volumes are kept',
      }),
    ),
  },
  { $id: 'DeletionSettings', additionalProperties: false, description: 'How the cluster may end' },
);
export type DeletionSettings = Static<typeof DeletionSettings>;

export const DeletionItem = Type.Object(
  {
    kind: Type.Enum([
      'control-plane',
      'kubernetes-data',
      'credentials',
      'worker-pool',
      'network',
      'load-balancer',
      'floating-ip',
      'volume',
      'volume-snapshot',
    ]),
    id: Type.String({ description: 'In OpenStack where it has one there, else its name' }),
    name: Type.String(),
    usedBy: orNull(
      Type.String({ examples: ['PersistentVolumeClaim default/data'] }),
      'What in the cluster it was made for',
    ),
    sizeGib: orNull(Type.Integer(), 'Size of a volume or snapshot'),
    count: Type.Integer({ description: 'Workers of a pool; 1 for everything else' }),
    fate: Type.Enum(['deleted', 'kept']),
    reason: Type.String(),
    perMonth: Type.Optional(
      orNull(Decimal('What it costs in a month, in `currency` of the plan'), 'null: it has no price of its own'),
    ),
  },
  { $id: 'DeletionItem', additionalProperties: false },
);
export type DeletionItem = Static<typeof DeletionItem>;

const VolumePolicy = Type.Enum(['keep', 'delete']);

export const DeletionPlan = Type.Object(
  {
    planId: Type.String({ description: 'Give it to the deletion: it is refused when the plan is another one by then' }),
    clusterId: Type.String(),
    clusterName: Type.String(),
    volumes: VolumePolicy,
    protection: Type.Boolean({ description: 'True: a deletion is refused until the protection is switched off' }),
    beginsAt: Type.Union([Timestamp, Type.Null()], {
      description: 'When a deletion that is asked for now would begin; null: at once',
    }),
    currency: orNull(Type.String(), 'Of the prices; null: there are none'),
    items: Type.Array(DeletionItem),
  },
  { $id: 'DeletionPlan', additionalProperties: false },
);
export type DeletionPlan = Static<typeof DeletionPlan>;

export const DeletionReceipt = Type.Object(
  {
    clusterId: Type.String(),
    clusterName: Type.String(),
    operationId: Type.String(),
    requestedBy: Type.String(),
    volumes: VolumePolicy,
    beganAt: Timestamp,
    finishedAt: Type.Union([Timestamp, Type.Null()], { description: 'null while it is being deleted' }),
    items: Type.Array(DeletionItem),
  },
  { $id: 'DeletionReceipt', additionalProperties: false },
);
export type DeletionReceipt = Static<typeof DeletionReceipt>;
