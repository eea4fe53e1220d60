import { Type } from 'typebox';
import { defineOperation } from '../operation-definition.ts';
import { Quota } from './schema.ts';

export const quotaOperations = {
  'quota.get': defineOperation({
    method: 'GET',
    path: '/v1/quota',
    summary: 'What OpenStack limits in the project, and what is left',
    description:
      'As it was seen within the last minute. New clusters and workers are refused when they do not fit, upgrades included.',
    tag: 'quota',
    access: 'viewer',
    query: Type.Object({}, { additionalProperties: false }),
    success: { status: 200, schema: Quota },
    errors: [],
    cli: { command: 'quota', summary: 'Show the limits of the project' },
  }),
};
