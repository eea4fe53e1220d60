import { Type } from 'typebox';
import { Operation } from '../operation/schema.ts';
import { defineOperation } from '../operation-definition.ts';
import { Credential } from './schema.ts';

const params = Type.Object({ clusterId: Type.String() });

export const credentialOperations = {
  'credential.create': defineOperation({
    method: 'POST',
    path: '/v1/clusters/{clusterId}/credentials',
    summary: 'A token for the Kubernetes API of a cluster, good for a quarter of an hour',
    description: [
      'It is bound to you, to this cluster and to your role here: `kaas:viewer` reads what is no secret, `kaas:operator` works with what lies in',
      'namespaces, `kaas:admin` may do everything. kubectl asks for it by itself (`kaas get-token`) with the kubeconfig of the cluster.',
    ].join(' '),
    tag: 'credential',
    access: 'viewer',
    params,
    success: { status: 201, schema: Credential },
    write: true,
    secret: true,
    idempotent: true,
    errors: ['cluster_deleting', 'cluster_hibernated'],
    cli: { command: 'get-token', summary: 'Print a token for kubectl' },
  }),
  'credential.revoke': defineOperation({
    method: 'DELETE',
    path: '/v1/clusters/{clusterId}/credentials',
    summary: 'Make every token that was given out for a cluster useless',
    description:
      'For an emergency. Whoever may still ask gets a new one; take away their role first. ServiceAccounts are not touched.',
    tag: 'credential',
    access: 'admin',
    params,
    success: { status: 202, schema: Operation },
    async: true,
    idempotent: true,
    ifMatch: true,
    errors: ['cluster_deleting'],
    cli: { command: 'cluster revoke-credentials', summary: 'End all access that was given out' },
  }),
};
