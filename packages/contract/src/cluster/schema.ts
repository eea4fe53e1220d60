import { type Static, Type } from 'typebox';
import { BackupPolicy, BackupSettings } from '../backup/schema.ts';
import { ClusterAccess, ClusterAccessSettings } from '../cluster-access/schema.ts';
import { Condition, Decimal, Estimate, orNull, Timestamp } from '../common.ts';
import { DeletionSettings } from '../deletion/schema.ts';
import { Hibernation, HibernationSchedules, HibernationSettings } from '../hibernation/schema.ts';
import { Maintenance, MaintenanceSettings } from '../maintenance/schema.ts';
import { Pool, PoolSpec } from '../pool/schema.ts';
import { QuotaEntry } from '../quota/schema.ts';

/** Of a cluster that exists. */
export const clusterPhases = [
  'creating',
  'ready',
  'updating',
  'degraded',
  'hibernating',
  'hibernated',
  'waking',
  'restoring',
  'deleting',
] as const;

const Tier = Type.Enum(['standard', 'ha'], {
  description: 'standard: one replica of the control plane; ha: two or more, spread over nodes',
});

export const VolumePolicy = Type.Enum(['keep', 'delete'], {
  default: 'keep',
  description: 'What becomes of the volumes of the cluster’s PersistentVolumeClaims',
});

const Labels = Type.Record(Type.String(), Type.String(), {
  description:
    'Words of your own to find clusters by: keys and values as of Kubernetes labels. Nothing follows from them',
  examples: [{ env: 'prod' }],
});

export const NetworkSpec = Type.Object(
  {
    nodeCidr: Type.Optional(Type.String({ default: '10.6.0.0/20' })),
    podCidr: Type.Optional(Type.String({ default: '10.244.0.0/16' })),
    serviceCidr: Type.Optional(Type.String({ default: '10.96.0.0/16' })),
  },
  { $id: 'NetworkSpec', additionalProperties: false, description: 'Private IPv4 ranges that do not overlap' },
);

export const ClusterCreate = Type.Object(
  {
    name: Type.String({ description: 'DNS-1123 label, unique in the project', examples: ['demo'] }),
    kubernetesVersion: Type.Optional(Type.String({ description: 'Default: the default of the versions list' })),
    labels: Type.Optional(Labels),
    tier: Type.Optional(Tier),
    network: Type.Optional(NetworkSpec),
    pools: Type.Optional(Type.Array(PoolSpec)),
    deletion: Type.Optional(DeletionSettings),
    access: Type.Optional(ClusterAccessSettings),
    maintenance: Type.Optional(MaintenanceSettings),
    hibernation: Type.Optional(HibernationSchedules),
    backup: Type.Optional(BackupSettings),
  },
  { $id: 'ClusterCreate', additionalProperties: false },
);
export type ClusterCreate = Static<typeof ClusterCreate>;

export const ClusterPatch = Type.Object(
  {
    tier: Type.Optional(Tier),
    kubernetesVersion: Type.Optional(
      Type.String({
        description: 'Of the control plane: a newer one, at most one minor above what runs. Pools follow by their own',
      }),
    ),
    labels: Type.Optional({ ...Labels, description: 'Instead of those there are' }),
    deletion: Type.Optional(DeletionSettings),
    access: Type.Optional(ClusterAccessSettings),
    maintenance: Type.Optional(MaintenanceSettings),
    hibernation: Type.Optional(HibernationSettings),
    backup: Type.Optional(BackupSettings),
  },
  { $id: 'ClusterPatch', additionalProperties: false, minProperties: 1 },
);
export type ClusterPatch = Static<typeof ClusterPatch>;

export const Cluster = Type.Object(
  {
    id: Type.String({ examples: ['c-7f3k9x2m4q'] }),
    name: Type.String(),
    labels: Labels,
    projectId: Type.String(),
    kubernetesVersion: Type.String({ description: 'Of the control plane' }),
    tier: Tier,
    network: Type.Object(
      { nodeCidr: Type.String(), podCidr: Type.String(), serviceCidr: Type.String() },
      { additionalProperties: false },
    ),
    pools: Type.Array(Pool),
    deletion: Type.Object(
      {
        protection: Type.Boolean(),
        gracePeriodSeconds: Type.Integer(),
        expiresAt: Type.Union([Timestamp, Type.Null()]),
        scheduledAt: Type.Union([Timestamp, Type.Null()], {
          description: 'A deletion that was asked for begins then, unless it is undone',
        }),
      },
      { additionalProperties: false },
    ),
    access: ClusterAccess,
    maintenance: Maintenance,
    hibernation: Hibernation,
    backup: BackupPolicy,
    generation: Type.Integer({ description: 'Grows with every change of what you want; also the ETag' }),
    status: Type.Object(
      {
        phase: Type.Enum([...clusterPhases, 'deleted']),
        conditions: Type.Array(Condition),
        endpoint: Type.Union([Type.String(), Type.Null()], { description: 'URL of the Kubernetes API' }),
        kubernetesVersion: Type.Union([Type.String(), Type.Null()], { description: 'Version that runs' }),
        observedGeneration: Type.Integer(),
        store: orNull(
          Type.Object(
            {
              bytes: Type.Integer({ description: 'Of the database, with what is free inside' }),
              usedBytes: Type.Integer({ description: 'Of what is in it' }),
              quotaBytes: orNull(Type.Integer(), 'So much it may have; null: no limit'),
              frozen: Type.Boolean({
                description:
                  'It has more than it may: new objects are refused by the Kubernetes API, which says why, until it is below nine tenths of the quota',
              }),
              rows: Type.Integer({ description: 'Estimated' }),
              revision: Type.Integer({ description: 'Of the newest write' }),
              compactedRevision: Type.Integer({ description: 'Up to which older versions of objects are gone' }),
              measuredAt: Timestamp,
            },
            { additionalProperties: false },
          ),
          'What the database of the control plane holds; null until somebody has looked',
        ),
      },
      { additionalProperties: false },
    ),
    createdAt: Timestamp,
    updatedAt: Timestamp,
  },
  { $id: 'Cluster', additionalProperties: false },
);
export type Cluster = Static<typeof Cluster>;

export const ClusterPlan = Type.Object(
  {
    name: Type.String(),
    kubernetesVersion: Type.String(),
    tier: Tier,
    creates: Type.Array(
      Type.Object(
        {
          kind: Type.String({ examples: ['worker-pool'] }),
          name: Type.String(),
          count: Type.Integer(),
          perMonth: orNull(Decimal('In the currency of `price`'), 'null: it has no price of its own'),
        },
        { additionalProperties: false },
      ),
    ),
    quota: Type.Array(QuotaEntry, { description: 'As it would be with this cluster' }),
    price: orNull(
      Type.Object(
        { currency: Type.String(), perHour: Decimal('When all of it runs'), perMonth: Decimal('Of 730 hours') },
        { additionalProperties: false },
      ),
      'null: there is no price list',
    ),
    estimate: orNull(Estimate, 'null: too few are known'),
  },
  { $id: 'ClusterPlan', additionalProperties: false },
);
export type ClusterPlan = Static<typeof ClusterPlan>;

export const Kubeconfig = Type.Object(
  {
    kubeconfig: Type.String({ description: 'YAML' }),
    context: Type.String({ description: 'Name of the context in it' }),
  },
  { $id: 'Kubeconfig', additionalProperties: false },
);
export type Kubeconfig = Static<typeof Kubeconfig>;
