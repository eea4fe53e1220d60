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
  'leftover.adopt': defineOperation({
    method: 'POST',
    path: '/v1/fleet/leftovers/{kind}/{leftoverId}/adopt',
    summary: 'Give a volume or snapshot that a cluster left to another cluster of the same project',
    description:
      'kaas-controller writes the new owner on it within a minute. From then on it is in the inventory, the costs and the deletion plan of that cluster. Its data is not touched; a PersistentVolume that uses it is made by the customer.',
    tag: 'fleet',
    access: 'provider',
    params: Type.Object({ kind: LeftoverKind, leftoverId: Type.String() }),
    body: Type.Object({ clusterId: Type.String() }, { additionalProperties: false }),
    success: { status: 204 },
    write: true,
    idempotent: true,
    errors: ['leftover_not_adoptable'],
    cli: { command: 'fleet adopt-leftover', summary: 'Give a volume or snapshot to another cluster of its project' },
  }),
};
