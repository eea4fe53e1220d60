import { Type } from 'typebox';
import { page, pageQuery } from '../common.ts';
import { defineOperation } from '../operation-definition.ts';
import { ForcedDeletion, Remain, RemainDismissal } from './schema.ts';

const params = Type.Object({ clusterId: Type.String() });
const common = { tag: 'fleet', access: 'provider' } as const;

export const remainOperations = {
  'deletion.force': defineOperation({
    ...common,
    method: 'POST',
    path: '/v1/fleet/clusters/{clusterId}/force-deletion',
    summary: 'End a deletion that does not end by itself',
    description:
      'For the customer the cluster is gone within seconds. Nothing more is removed; what was not seen to be gone is listed as what remains.',
    params,
    body: ForcedDeletion,
    success: { status: 204 },
    write: true,
    idempotent: true,
    errors: ['not_deleting'],
    cli: { command: 'fleet force-deletion', summary: 'End a deletion that does not end by itself' },
  }),
  'remain.list': defineOperation({
    ...common,
    method: 'GET',
    path: '/v1/fleet/remains',
    summary: 'What may still be there of clusters whose deletion was ended by force',
    query: Type.Object({ ...pageQuery }, { additionalProperties: false }),
    success: { status: 200, schema: page(Remain) },
    errors: [],
    cli: { command: 'fleet remains', summary: 'List what remains of deletions that were ended by force' },
  }),
  'remain.dismiss': defineOperation({
    ...common,
    method: 'POST',
    path: '/v1/fleet/remains/{clusterId}/dismiss',
    summary: 'Somebody has seen that it is gone',
    params,
    body: RemainDismissal,
    success: { status: 204 },
    write: true,
    idempotent: true,
    errors: [],
    cli: { command: 'fleet dismiss', summary: 'Say that something that remained is gone' },
  }),
};
