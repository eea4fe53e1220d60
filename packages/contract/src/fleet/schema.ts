import { type Static, Type } from 'typebox';
import { clusterPhases } from '../cluster/schema.ts';
import { orNull, Timestamp } from '../common.ts';
import { actors } from '../problem.ts';

const Phase = Type.Enum([...clusterPhases]);
const Tier = Type.Enum(['standard', 'ha']);

export const FleetCluster = Type.Object(
  {
    id: Type.String(),
    name: Type.String(),
    projectId: Type.String(),
    projectName: Type.String(),
    kubernetesVersion: Type.String({ description: 'That runs; before anything runs, that is wanted' }),
    tier: Tier,
    managementCluster: Type.String({ description: 'Where its control plane runs' }),
    phase: Phase,
    cause: orNull(
      Type.Object(
        { code: Type.String(), message: Type.String(), actor: Type.Enum([...actors]) },
        { additionalProperties: false },
      ),
      'What holds it up, or what should be known; null: nothing',
    ),
    workers: Type.Object({ wanted: Type.Integer(), ready: Type.Integer() }, { additionalProperties: false }),
    endpoint: orNull(Type.String(), 'URL of its Kubernetes API'),
    operation: orNull(
      Type.Object(
        {
          id: Type.String(),
          kind: Type.String(),
          percent: Type.Integer(),
          since: Timestamp,
          late: Type.Boolean({ description: 'It takes longer than nineteen of twenty of its kind, or than an hour' }),
        },
        { additionalProperties: false },
      ),
      'The oldest that runs',
    ),
    createdAt: Timestamp,
  },
  { $id: 'FleetCluster', additionalProperties: false },
);
export type FleetCluster = Static<typeof FleetCluster>;

const counts = (description: string) => Type.Record(Type.String(), Type.Integer(), { description });

export const FleetSummary = Type.Object(
  {
    clusters: Type.Integer(),
    projects: Type.Integer({ description: 'With a cluster' }),
    workers: Type.Object({ wanted: Type.Integer(), ready: Type.Integer() }, { additionalProperties: false }),
    phases: counts('Clusters by phase'),
    tiers: counts('Clusters by tier'),
    versions: counts('Clusters by the Kubernetes version that runs'),
    causes: Type.Array(
      Type.Object(
        { code: Type.String(), actor: Type.Enum([...actors]), clusters: Type.Integer() },
        { additionalProperties: false },
      ),
      { description: 'The most frequent first' },
    ),
    operations: Type.Object(
      { running: Type.Integer(), late: Type.Integer() },
      { additionalProperties: false, description: 'Deletions that wait out their grace period are not among them' },
    ),
  },
  { $id: 'FleetSummary', additionalProperties: false },
);
export type FleetSummary = Static<typeof FleetSummary>;

export const fleetFilters = {
  search: Type.Optional(
    Type.String({
      minLength: 1,
      maxLength: 200,
      description:
        'Part of a name or id of a cluster, its project, a worker, a server, a load balancer or a volume, or of an address',
    }),
  ),
  phase: Type.Optional(Phase),
  tier: Type.Optional(Tier),
  managementCluster: Type.Optional(Type.String({ description: 'Where the control plane runs' })),
  version: Type.Optional(Type.String({ description: 'That runs', examples: ['v1.36.3'] })),
  cause: Type.Optional(Type.String({ description: 'Code of docs/causes.md' })),
  attention: Type.Optional(
    Type.Enum(['troubled', 'late'], { description: 'troubled: with a cause; late: with an operation that is late' }),
  ),
};
