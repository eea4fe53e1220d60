import { Type } from 'typebox';
import { page, pageQuery } from '../common.ts';
import { defineOperation } from '../operation-definition.ts';
import { Repair } from './schema.ts';

export const repairOperations = {
  'repair.list': defineOperation({
    method: 'GET',
    path: '/v1/clusters/{clusterId}/repairs',
    summary: 'Workers that were replaced because they were not well, the last first',
    tag: 'node',
    access: 'viewer',
    params: Type.Object({ clusterId: Type.String() }),
    query: Type.Object(pageQuery, { additionalProperties: false }),
    success: { status: 200, schema: page(Repair) },
    errors: [],
    cli: { command: 'node repairs', summary: 'List workers that were replaced because they were not well' },
  }),
};
