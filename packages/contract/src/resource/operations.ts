import { Type } from 'typebox';
import { page, pageQuery } from '../common.ts';
import { defineOperation } from '../operation-definition.ts';
import { Resource } from './schema.ts';

export const resourceOperations = {
  'resource.list': defineOperation({
    method: 'GET',
    path: '/v1/clusters/{clusterId}/resources',
    summary: 'What Kubernetes made for a cluster in the OpenStack project',
    description:
      'Load balancers and floating IPs of Services, volumes and snapshots of PersistentVolumeClaims, as they were seen within the last minute.',
    tag: 'resource',
    access: 'viewer',
    params: Type.Object({ clusterId: Type.String() }),
    query: Type.Object({ ...pageQuery }, { additionalProperties: false }),
    success: { status: 200, schema: page(Resource) },
    errors: [],
    cli: { command: 'cluster resources', summary: 'List load balancers and volumes of a cluster' },
  }),
};
