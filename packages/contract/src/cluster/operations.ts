import { Type } from 'typebox';
import { page, pageQuery } from '../common.ts';
import { Operation } from '../operation/schema.ts';
import { defineOperation } from '../operation-definition.ts';
import { Cluster, ClusterCreate, ClusterPatch, ClusterPlan, Kubeconfig, VolumePolicy } from './schema.ts';

const params = Type.Object({ clusterId: Type.String() });

export const clusterOperations = {
  'cluster.list': defineOperation({
    method: 'GET',
    path: '/v1/clusters',
    summary: 'Clusters of the project, by name',
    tag: 'cluster',
    access: 'viewer',
    query: Type.Object(
      {
        name: Type.Optional(Type.String()),
        selector: Type.Optional(
          Type.String({
            maxLength: 1_000,
            description: 'Of labels, as of Kubernetes: `env=prod,team!=a,zone in (x,y),!old`',
          }),
        ),
        ...pageQuery,
      },
      { additionalProperties: false },
    ),
    sparse: true,
    success: { status: 200, schema: page(Cluster) },
    errors: [],
    cli: { command: 'cluster list', summary: 'List clusters' },
  }),
  'cluster.create': defineOperation({
    method: 'POST',
    path: '/v1/clusters',
    summary: 'Create a cluster',
    tag: 'cluster',
    access: 'operator',
    body: ClusterCreate,
    success: { status: 202, schema: Operation },
    async: true,
    idempotent: true,
    errors: ['name_taken', 'quota_exceeded', 'catalog_not_ready', 'no_capacity'],
    cli: { command: 'cluster create', summary: 'Create a cluster' },
  }),
  'cluster.plan': defineOperation({
    method: 'POST',
    path: '/v1/cluster-plans',
    summary: 'What creating a cluster would make, take of the quota, and last; makes nothing',
    description: 'Refused for the same reasons as the creation itself.',
    tag: 'cluster',
    access: 'operator',
    body: ClusterCreate,
    success: { status: 200, schema: ClusterPlan },
    reads: true,
    errors: ['name_taken', 'quota_exceeded', 'catalog_not_ready', 'no_capacity'],
    cli: { command: 'cluster create', summary: 'With --dry-run: show what would be created' },
  }),
  'cluster.get': defineOperation({
    method: 'GET',
    path: '/v1/clusters/{clusterId}',
    summary: 'One cluster',
    tag: 'cluster',
    access: 'viewer',
    params,
    sparse: true,
    success: { status: 200, schema: Cluster },
    etag: true,
    errors: [],
    cli: { command: 'cluster get', summary: 'Show a cluster' },
  }),
  'cluster.update': defineOperation({
    method: 'PATCH',
    path: '/v1/clusters/{clusterId}',
    summary: 'Change the version, the tier, the labels, whether the cluster sleeps, or how it may end',
    tag: 'cluster',
    access: 'operator',
    params,
    body: ClusterPatch,
    success: { status: 202, schema: Operation },
    async: true,
    idempotent: true,
    ifMatch: true,
    errors: ['cluster_deleting', 'cluster_not_ready', 'cluster_hibernated', 'no_capacity', 'catalog_not_ready'],
    cli: { command: 'cluster update', summary: 'Change a cluster' },
  }),
  'cluster.delete': defineOperation({
    method: 'DELETE',
    path: '/v1/clusters/{clusterId}',
    summary: 'Delete a cluster with everything made for it',
    description: [
      'Volumes of PersistentVolumeClaims stay in the project unless `volumes=delete` is given. With a grace period the operation waits until',
      '`startsAt` and can be undone; asking again with `graceSeconds=0` begins at once. Asking again otherwise answers with the operation that is there.',
    ].join(' '),
    tag: 'cluster',
    access: 'operator',
    params,
    query: Type.Object(
      {
        volumes: Type.Optional(VolumePolicy),
        graceSeconds: Type.Optional(
          Type.Integer({ minimum: 0, maximum: 2_592_000, description: 'Default: the grace period of the cluster' }),
        ),
        planId: Type.Optional(Type.String({ description: 'Of the deletion plan that was agreed to' })),
      },
      { additionalProperties: false },
    ),
    success: { status: 202, schema: Operation },
    async: true,
    idempotent: true,
    ifMatch: true,
    errors: ['deletion_protected', 'deletion_plan_changed'],
    cli: { command: 'cluster delete', summary: 'Delete a cluster' },
  }),
  'cluster.kubeconfig': defineOperation({
    method: 'GET',
    path: '/v1/clusters/{clusterId}/kubeconfig',
    summary: 'The kubeconfig of a cluster; it holds no secret, kubectl asks for a token as you',
    description: 'Its user is the exec plug-in `kaas get-token` (client.authentication.k8s.io/v1).',
    tag: 'cluster',
    access: 'viewer',
    params,
    success: { status: 200, schema: Kubeconfig },
    errors: ['cluster_not_ready', 'cluster_deleting'],
    cli: { command: 'cluster kubeconfig', summary: 'Get the kubeconfig' },
  }),
};
