import { Type } from 'typebox';
import { defineOperation } from '../operation-definition.ts';
import { UpgradePlan } from './schema.ts';

export const upgradeOperations = {
  'upgrade.plan': defineOperation({
    method: 'GET',
    path: '/v1/clusters/{clusterId}/upgrade-plan',
    summary: 'What an upgrade would do, and what stands in its way',
    description:
      'The cluster is looked into when this is asked. To upgrade, change `kubernetesVersion` of the cluster, and then of its pools: they wait for the control plane by themselves.',
    tag: 'cluster',
    access: 'viewer',
    params: Type.Object({ clusterId: Type.String() }),
    query: Type.Object(
      {
        version: Type.Optional(
          Type.String({ description: 'Default: the newest that can be reached', examples: ['v1.36.3'] }),
        ),
        pools: Type.Optional(Type.Enum(['none', 'all'], { description: 'Default: all of them' })),
      },
      { additionalProperties: false },
    ),
    success: { status: 200, schema: UpgradePlan },
    errors: ['cluster_deleting', 'catalog_not_ready', 'cluster_hibernated'],
    cli: { command: 'cluster upgrade', summary: 'With --dry-run: show what an upgrade would do' },
  }),
};
