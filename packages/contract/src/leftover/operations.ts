import { Type } from 'typebox';
import { page, pageQuery } from '../common.ts';
import { defineOperation } from '../operation-definition.ts';
import { Leftover, LeftoverKind } from './schema.ts';

export const leftoverOperations = {
  'leftover.list': defineOperation({
    method: 'GET',
    path: '/v1/fleet/leftovers',
    summary: 'What clusters that are gone left in the projects of customers',
    description:
      'As it was seen within the last minute. Only what carries the id of a cluster of this service, in the project of that cluster.',
    tag: 'fleet',
    access: 'provider',
    query: Type.Object({ ...pageQuery }, { additionalProperties: false }),
    success: { status: 200, schema: page(Leftover) },
    errors: [],
    cli: { command: 'fleet leftovers', summary: 'List what deleted clusters left behind' },
  }),
  'leftover.remove': defineOperation({
    method: 'DELETE',
    path: '/v1/fleet/leftovers/{kind}/{leftoverId}',
    summary: 'Remove something that a cluster that is gone left behind',
    description:
      'kaas-controller does it within a minute, after it has recognised the thing again. What a customer kept is refused.',
    tag: 'fleet',
    access: 'provider',
    params: Type.Object({ kind: LeftoverKind, leftoverId: Type.String() }),
    success: { status: 204 },
    write: true,
    idempotent: true,
    errors: ['leftover_kept'],
    cli: { command: 'fleet remove-leftover', summary: 'Remove what a deleted cluster left behind' },
  }),
};
