import { Type } from 'typebox';
import { defineOperation } from '../operation-definition.ts';
import { Log, logQuery } from './schema.ts';

export const logOperations = {
  'log.get': defineOperation({
    method: 'GET',
    path: '/v1/clusters/{clusterId}/logs',
    summary: 'What the control plane of a cluster says, and the audit events of its Kubernetes API',
    description:
      'As far as the replicas that run now still have it: some ten megabytes each, less after they were replaced. Take audit events away regularly where they must be kept.',
    tag: 'cluster',
    access: 'operator',
    params: Type.Object({ clusterId: Type.String() }),
    query: logQuery,
    success: { status: 200, schema: Log },
    errors: ['logs_unavailable'],
    cli: { command: 'cluster logs', summary: 'Show the log of the control plane, or audit events' },
  }),
};
