import { Type } from 'typebox';
import { page, pageQuery } from '../common.ts';
import { defineOperation } from '../operation-definition.ts';
import { Operation } from './schema.ts';

export const operationOperations = {
  'operation.list': defineOperation({
    method: 'GET',
    path: '/v1/operations',
    summary: 'Operations, newest first',
    tag: 'operation',
    access: 'viewer',
    query: Type.Object(
      {
        clusterId: Type.Optional(Type.String()),
        state: Type.Optional(Type.Enum(['running', 'succeeded', 'failed', 'superseded'])),
        ...pageQuery,
      },
      { additionalProperties: false },
    ),
    sparse: true,
    success: { status: 200, schema: page(Operation) },
    errors: [],
    cli: { command: 'operation list', summary: 'List operations' },
  }),
  'operation.get': defineOperation({
    method: 'GET',
    path: '/v1/operations/{operationId}',
    summary: 'One operation with its phases',
    tag: 'operation',
    access: 'viewer',
    params: Type.Object({ operationId: Type.String() }),
    sparse: true,
    success: { status: 200, schema: Operation },
    errors: [],
    cli: { command: 'operation get', summary: 'Show an operation' },
  }),
  'operation.cancel': defineOperation({
    method: 'POST',
    path: '/v1/operations/{operationId}/cancel',
    summary: 'Want again what was wanted before an operation, where that is safe',
    description:
      'Changes of a cluster or a pool that run, while nothing was changed after them: the answer is the operation that brings the former state back. A deletion that waits: the answer is that operation, ended.',
    tag: 'operation',
    access: 'operator',
    params: Type.Object({ operationId: Type.String() }),
    success: { status: 202, schema: Operation },
    async: true,
    idempotent: true,
    errors: ['not_cancellable', 'cluster_deleting', 'quota_exceeded', 'catalog_not_ready'],
    cli: { command: 'operation cancel', summary: 'Take an operation back' },
  }),
};
