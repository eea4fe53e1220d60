import { Type } from 'typebox';
import { page, pageQuery } from '../common.ts';
import { Operation } from '../operation/schema.ts';
import { defineOperation } from '../operation-definition.ts';
import { Node, NodeState } from './schema.ts';

export const nodeOperations = {
  'node.list': defineOperation({
    method: 'GET',
    path: '/v1/clusters/{clusterId}/nodes',
    summary: 'Workers of a cluster, with why they are not ready',
    tag: 'node',
    access: 'viewer',
    params: Type.Object({ clusterId: Type.String() }),
    query: Type.Object(
      {
        pool: Type.Optional(Type.String({ description: 'Of this pool' })),
        state: Type.Optional(NodeState),
        ...pageQuery,
      },
      { additionalProperties: false },
    ),
    sparse: true,
    success: { status: 200, schema: page(Node) },
    errors: [],
    cli: { command: 'node list', summary: 'List workers' },
  }),
  'node.get': defineOperation({
    method: 'GET',
    path: '/v1/clusters/{clusterId}/nodes/{nodeName}',
    summary: 'One worker',
    tag: 'node',
    access: 'viewer',
    params: Type.Object({ clusterId: Type.String(), nodeName: Type.String() }),
    success: { status: 200, schema: Node },
    errors: [],
    cli: { command: 'node get', summary: 'Show a worker' },
  }),
  'node.recycle': defineOperation({
    method: 'POST',
    path: '/v1/clusters/{clusterId}/nodes/{nodeName}/recycle',
    summary: 'Replace one worker: it is emptied within the limits of disruption budgets, and another one is made',
    tag: 'node',
    access: 'operator',
    params: Type.Object({ clusterId: Type.String(), nodeName: Type.String() }),
    success: { status: 202, schema: Operation },
    async: true,
    idempotent: true,
    ifMatch: true,
    errors: ['cluster_deleting', 'cluster_hibernated'],
    cli: { command: 'node recycle', summary: 'Replace a worker' },
  }),
};
