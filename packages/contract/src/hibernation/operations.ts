import { Type } from 'typebox';
import { defineOperation } from '../operation-definition.ts';
import { HibernationEffect } from './schema.ts';

export const hibernationOperations = {
  'hibernation.get': defineOperation({
    method: 'GET',
    path: '/v1/clusters/{clusterId}/hibernation',
    summary: 'What a cluster loses and keeps while it sleeps, and what that does to its price',
    description: 'It goes to sleep and wakes by `cluster.update`.',
    tag: 'cluster',
    access: 'viewer',
    params: Type.Object({ clusterId: Type.String() }),
    success: { status: 200, schema: HibernationEffect },
    errors: [],
    cli: { command: 'cluster hibernation', summary: 'Show what hibernation does to a cluster and its price' },
  }),
};
