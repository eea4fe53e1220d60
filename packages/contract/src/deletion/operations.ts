import { Type } from 'typebox';
import { Cluster, VolumePolicy } from '../cluster/schema.ts';
import { page, pageQuery } from '../common.ts';
import { defineOperation } from '../operation-definition.ts';
import { DeletionPlan, DeletionReceipt } from './schema.ts';

const params = Type.Object({ clusterId: Type.String() });

export const deletionOperations = {
  'deletion.plan': defineOperation({
    method: 'GET',
    path: '/v1/clusters/{clusterId}/deletion-plan',
    summary: 'What deleting a cluster would delete, and what it would keep',
    description: 'Load balancers, addresses, volumes and snapshots as they were seen within the last minute.',
    tag: 'deletion',
    access: 'viewer',
    params,
    query: Type.Object({ volumes: Type.Optional(VolumePolicy) }, { additionalProperties: false }),
    success: { status: 200, schema: DeletionPlan },
    errors: ['cluster_deleting'],
    cli: { command: 'cluster deletion-plan', summary: 'Show what a deletion would delete and keep' },
  }),
  'deletion.undo': defineOperation({
    method: 'POST',
    path: '/v1/clusters/{clusterId}/undelete',
    summary: 'Take back a deletion whose grace period has not ended',
    description: 'Nothing was destroyed until then. Without a deletion that waits it changes nothing.',
    tag: 'deletion',
    access: 'operator',
    params,
    success: { status: 200, schema: Cluster },
    write: true,
    idempotent: true,
    etag: true,
    errors: ['cluster_deleting'],
    cli: { command: 'cluster undelete', summary: 'Take back a deletion that still waits' },
  }),
  'receipt.list': defineOperation({
    method: 'GET',
    path: '/v1/deletion-receipts',
    summary: 'Clusters that were deleted, the latest first, with what became of everything',
    tag: 'deletion',
    access: 'viewer',
    query: Type.Object({ ...pageQuery }, { additionalProperties: false }),
    success: { status: 200, schema: page(DeletionReceipt) },
    errors: [],
    cli: { command: 'receipt list', summary: 'List deleted clusters' },
  }),
  'receipt.get': defineOperation({
    method: 'GET',
    path: '/v1/deletion-receipts/{clusterId}',
    summary: 'What became of everything that a deleted cluster had',
    tag: 'deletion',
    access: 'viewer',
    params,
    success: { status: 200, schema: DeletionReceipt },
    errors: [],
    cli: { command: 'receipt get', summary: 'Show what a deletion deleted and kept' },
  }),
};
