import { Type } from 'typebox';
import { defineOperation } from '../operation-definition.ts';
import { Cost } from './cost-schema.ts';
import { FleetUsage, Usage, usageQuery } from './schema.ts';

export const usageOperations = {
  'usage.get': defineOperation({
    method: 'GET',
    path: '/v1/usage',
    summary: 'What the clusters of the project used, with its cost',
    description:
      'Control planes from their first readiness until their deletion begins, workers from their first readiness until their machine is being deleted, load balancers, addresses, volumes and snapshots as long as OpenStack has them. To the second; deleted clusters stay.',
    tag: 'usage',
    access: 'viewer',
    query: Type.Object(
      { ...usageQuery, clusterId: Type.Optional(Type.String({ description: 'Of this cluster' })) },
      { additionalProperties: false },
    ),
    success: { status: 200, schema: Usage },
    errors: [],
    cli: { command: 'usage', summary: 'Show what was used and what it cost' },
  }),
  'cost.get': defineOperation({
    method: 'GET',
    path: '/v1/cost',
    summary: 'What this month cost until now, and what it will have cost at its end',
    tag: 'usage',
    access: 'viewer',
    query: Type.Object({}, { additionalProperties: false }),
    success: { status: 200, schema: Cost },
    errors: [],
    cli: { command: 'cost', summary: 'Show the cost of this month, with a forecast' },
  }),
  'usage.fleet': defineOperation({
    method: 'GET',
    path: '/v1/fleet/usage',
    summary: 'What the clusters of all projects used, with its cost: for the invoices of the provider',
    tag: 'usage',
    access: 'provider',
    query: Type.Object({ ...usageQuery }, { additionalProperties: false }),
    success: { status: 200, schema: FleetUsage },
    errors: [],
    cli: { command: 'fleet usage', summary: 'Show what all projects used' },
  }),
};
