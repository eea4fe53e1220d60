import { type Static, Type } from 'typebox';
import { Timestamp } from '../common.ts';

/** Kinds of the ledger. */
export const remainKinds = [
  'application-credential',
  'namespace',
  'cluster',
  'pool',
  'load-balancers',
  'volumes',
] as const;

const kind = Type.Enum([...remainKinds], {
  description: [
    'application-credential: with the service user of the cluster, in Keystone; namespace: in the management cluster, with what lies in it;',
    'cluster: its network, router, security groups and control plane; pool: its servers; load-balancers, volumes: what Kubernetes made in the project',
  ].join(' '),
});
const name = Type.String({ description: 'By which it is found there' });

export const Remain = Type.Object(
  {
    clusterId: Type.String(),
    clusterName: Type.String(),
    projectId: Type.String(),
    projectName: Type.String(),
    kind,
    name,
    createdAt: Timestamp,
    forcedAt: Timestamp,
    reason: Type.String({ description: 'Why its deletion was ended by force' }),
  },
  {
    $id: 'Remain',
    additionalProperties: false,
    description: 'What may still be there of a cluster whose deletion was ended by force',
  },
);
export type Remain = Static<typeof Remain>;

export const ForcedDeletion = Type.Object(
  { reason: Type.String({ minLength: 1, maxLength: 500, description: 'For whoever wonders later' }) },
  { $id: 'ForcedDeletion', additionalProperties: false },
);

export const RemainDismissal = Type.Object({ kind, name }, { $id: 'RemainDismissal', additionalProperties: false });
