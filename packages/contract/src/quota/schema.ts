import { type Static, Type } from 'typebox';
import { Timestamp } from '../common.ts';

export const QuotaEntry = Type.Object(
  {
    resource: Type.Enum([
      'instances',
      'cores',
      'ramMib',
      'networks',
      'subnets',
      'routers',
      'ports',
      'securityGroups',
      'securityGroupRules',
      'floatingIps',
      'loadBalancers',
      'volumes',
      'volumeGib',
    ]),
    limit: Type.Union([Type.Integer(), Type.Null()], { description: 'null: unlimited' }),
    used: Type.Integer({ description: 'Taken by everything in the project' }),
    promised: Type.Integer({ description: 'Wanted by clusters that have not taken it yet' }),
    upgradeReserve: Type.Integer({ description: 'Kept free so that the largest of the clusters can be upgraded' }),
    left: Type.Union([Type.Integer(), Type.Null()], { description: 'For new clusters and workers; null: unlimited' }),
  },
  { $id: 'QuotaEntry', additionalProperties: false },
);
export type QuotaEntry = Static<typeof QuotaEntry>;

export const Quota = Type.Object(
  {
    items: Type.Array(QuotaEntry, {
      description: 'What the cloud limits; resources of services that it lacks are left out',
    }),
    seenAt: Type.Union([Timestamp, Type.Null()], {
      description: 'When OpenStack was asked; null: not yet, so nothing is checked before a creation',
    }),
  },
  { $id: 'Quota', additionalProperties: false },
);
export type Quota = Static<typeof Quota>;
