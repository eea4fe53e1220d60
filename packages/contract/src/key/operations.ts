import { Type } from 'typebox';
import { Operation } from '../operation/schema.ts';
import { defineOperation } from '../operation-definition.ts';
import { ClusterKeys, clusterKeys } from './schema.ts';

export const keyOperations = {
  'key.list': defineOperation({
    method: 'GET',
    path: '/v1/clusters/{clusterId}/keys',
    summary: 'The keys that a cluster is served by, and how old they are',
    tag: 'key',
    access: 'viewer',
    params: Type.Object({ clusterId: Type.String() }),
    success: { status: 200, schema: ClusterKeys },
    errors: [],
    cli: { command: 'key list', summary: 'Show keys and their age' },
  }),
  'key.rotate': defineOperation({
    method: 'POST',
    path: '/v1/clusters/{clusterId}/keys/{key}/rotate',
    summary: 'Replace a key that a cluster is served by',
    description: [
      'Nothing that you have was made with it, and no worker is replaced. `openstack-credential`: another application credential takes its place, and the old one is deleted in OpenStack.',
      '`encryption`: replicas of the control plane are replaced three times, one after the other, and every Secret is stored anew in between; a cluster that had no key gets one.',
    ].join(' '),
    tag: 'key',
    access: 'operator',
    params: Type.Object({ clusterId: Type.String(), key: Type.Enum([...clusterKeys]) }),
    success: { status: 202, schema: Operation },
    ...{ async: true, idempotent: true, ifMatch: true },
    errors: [
      'cluster_deleting',
      'cluster_restoring',
      'cluster_hibernated',
      'cluster_not_ready',
      'rotation_running',
      'not_found',
    ],
    cli: { command: 'key rotate', summary: 'Replace a key' },
  }),
};
