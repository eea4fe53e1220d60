import { Type } from 'typebox';
import { page } from '../common.ts';
import { defineOperation } from '../operation-definition.ts';
import { Cordon, ManagementCluster } from './schema.ts';

const params = Type.Object({ managementCluster: Type.String() });
const common = { tag: 'fleet', access: 'provider' } as const;

export const managementClusterOperations = {
  'management-cluster.list': defineOperation({
    ...common,
    method: 'GET',
    path: '/v1/fleet/management-clusters',
    summary: 'Management clusters with their room, and the budgets of their DataStores',
    query: Type.Object({}, { additionalProperties: false }),
    success: { status: 200, schema: page(ManagementCluster) },
    errors: [],
    cli: { command: 'fleet management-clusters', summary: 'List management clusters' },
  }),
  'management-cluster.cordon': defineOperation({
    ...common,
    method: 'POST',
    path: '/v1/fleet/management-clusters/{managementCluster}/cordon',
    summary: 'Place no new control planes in it; those in it stay and are looked after',
    params,
    body: Cordon,
    success: { status: 200, schema: ManagementCluster },
    write: true,
    idempotent: true,
    errors: [],
    cli: { command: 'fleet cordon', summary: 'Place nothing new in a management cluster' },
  }),
  'management-cluster.uncordon': defineOperation({
    ...common,
    method: 'POST',
    path: '/v1/fleet/management-clusters/{managementCluster}/uncordon',
    summary: 'Place control planes in it again',
    params,
    success: { status: 200, schema: ManagementCluster },
    write: true,
    idempotent: true,
    errors: [],
    cli: { command: 'fleet uncordon', summary: 'Place control planes in it again' },
  }),
};
