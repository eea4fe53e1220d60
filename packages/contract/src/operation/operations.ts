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
    success: { status: 200, schema: Operation },
    errors: [],
    cli: { command: 'operation get', summary: 'Show an operation' },
  }),
};
