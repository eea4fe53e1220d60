import { Type } from 'typebox';
import { Operation } from '../operation/schema.ts';
import { defineOperation } from '../operation-definition.ts';
import { ClusterCertificates } from './schema.ts';

const params = Type.Object({ clusterId: Type.String() });
const change = { method: 'POST', tag: 'certificate', params, success: { status: 202, schema: Operation } } as const;
const behaviour = { async: true, idempotent: true, ifMatch: true } as const;

export const certificateOperations = {
  'certificate.get': defineOperation({
    method: 'GET',
    path: '/v1/clusters/{clusterId}/certificates',
    summary: 'When the certificates of a cluster end, and how far a rotation is',
    tag: 'certificate',
    access: 'viewer',
    params,
    success: { status: 200, schema: ClusterCertificates },
    errors: [],
    cli: { command: 'certificate list', summary: 'Show when certificates end' },
  }),
  'certificate.renew': defineOperation({
    ...{ ...change, ...behaviour },
    path: '/v1/clusters/{clusterId}/certificates/renew',
    summary: 'Make all certificates of the control plane anew now',
    description:
      'They are renewed by themselves long before they end. The authority stays, and with it everything that was handed out.',
    access: 'operator',
    errors: ['cluster_deleting', 'cluster_restoring', 'cluster_not_ready', 'rotation_running'],
    cli: { command: 'certificate renew', summary: 'Renew all certificates now' },
  }),
  'certificate.rotate': defineOperation({
    ...{ ...change, ...behaviour },
    path: '/v1/clusters/{clusterId}/certificates/rotate',
    summary: 'Begin to replace the authority of a cluster, and the key of its ServiceAccounts',
    description: [
      'When the operation has ended, both authorities are trusted, and every worker was replaced by one that knows both, and with it every pod. Nothing of the old one is void yet: hand out kubeconfigs anew,',
      'then complete the rotation.',
    ].join(' '),
    access: 'admin',
    errors: ['cluster_deleting', 'cluster_restoring', 'cluster_hibernated', 'cluster_not_ready', 'rotation_running'],
    cli: { command: 'certificate rotate', summary: 'Begin to replace the authority' },
  }),
  'certificate.complete': defineOperation({
    ...{ ...change, ...behaviour },
    path: '/v1/clusters/{clusterId}/certificates/complete',
    summary: 'Trust the old authority no more',
    description: 'Kubeconfigs, certificates and tokens from before the rotation are void then. There is no way back.',
    access: 'admin',
    errors: [
      'cluster_deleting',
      'cluster_restoring',
      'cluster_hibernated',
      'cluster_not_ready',
      'rotation_not_prepared',
    ],
    cli: { command: 'certificate complete', summary: 'Trust the old authority no more' },
  }),
};
