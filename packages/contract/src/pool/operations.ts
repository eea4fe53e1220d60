import { Type } from 'typebox';
import { page } from '../common.ts';
import { Operation } from '../operation/schema.ts';
import { defineOperation } from '../operation-definition.ts';
import { Pool, PoolPatch, PoolSpec } from './schema.ts';

const clusterParams = Type.Object({ clusterId: Type.String() });
const poolParams = Type.Object({ clusterId: Type.String(), poolName: Type.String() });
const accepted = { status: 202, schema: Operation } as const;

export const poolOperations = {
  'pool.list': defineOperation({
    method: 'GET',
    path: '/v1/clusters/{clusterId}/pools',
    summary: 'Pools of a cluster',
    tag: 'pool',
    access: 'viewer',
    params: clusterParams,
    sparse: true,
    success: { status: 200, schema: page(Pool) },
    etag: true,
    errors: [],
    cli: { command: 'pool list', summary: 'List pools' },
  }),
  'pool.get': defineOperation({
    method: 'GET',
    path: '/v1/clusters/{clusterId}/pools/{poolName}',
    summary: 'One pool',
    tag: 'pool',
    access: 'viewer',
    params: poolParams,
    success: { status: 200, schema: Pool },
    etag: true,
    errors: [],
    cli: { command: 'pool get', summary: 'Show a pool' },
  }),
  'pool.create': defineOperation({
    method: 'POST',
    path: '/v1/clusters/{clusterId}/pools',
    summary: 'Add a pool',
    tag: 'pool',
    access: 'operator',
    params: clusterParams,
    body: PoolSpec,
    success: accepted,
    async: true,
    idempotent: true,
    ifMatch: true,
    errors: ['name_taken', 'quota_exceeded', 'cluster_deleting', 'catalog_not_ready'],
    cli: { command: 'pool add', summary: 'Add a pool' },
  }),
  'pool.update': defineOperation({
    method: 'PATCH',
    path: '/v1/clusters/{clusterId}/pools/{poolName}',
    summary: 'Scale or change a pool',
    tag: 'pool',
    access: 'operator',
    params: poolParams,
    body: PoolPatch,
    success: accepted,
    async: true,
    idempotent: true,
    ifMatch: true,
    errors: ['quota_exceeded', 'cluster_deleting', 'catalog_not_ready'],
    cli: { command: 'pool scale', summary: 'Scale a pool' },
  }),
  'pool.delete': defineOperation({
    method: 'DELETE',
    path: '/v1/clusters/{clusterId}/pools/{poolName}',
    summary: 'Remove a pool and its workers',
    tag: 'pool',
    access: 'operator',
    params: poolParams,
    success: accepted,
    async: true,
    idempotent: true,
    ifMatch: true,
    errors: ['cluster_deleting'],
    cli: { command: 'pool remove', summary: 'Remove a pool' },
  }),
};
