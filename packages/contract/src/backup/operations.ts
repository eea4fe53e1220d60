import { Type } from 'typebox';
import { page, pageQuery } from '../common.ts';
import { Operation } from '../operation/schema.ts';
import { defineOperation } from '../operation-definition.ts';
import { Backup, CreateBackup } from './schema.ts';

const params = Type.Object({ clusterId: Type.String() });
const one = Type.Object({ clusterId: Type.String(), backupId: Type.String() });

export const backupOperations = {
  'backup.list': defineOperation({
    method: 'GET',
    path: '/v1/clusters/{clusterId}/backups',
    summary: 'Backups of a cluster, the newest first',
    tag: 'backup',
    access: 'viewer',
    params,
    query: Type.Object(pageQuery, { additionalProperties: false }),
    success: { status: 200, schema: page(Backup) },
    errors: [],
    cli: { command: 'backup list', summary: 'List the backups of a cluster' },
  }),
  'backup.get': defineOperation({
    method: 'GET',
    path: '/v1/clusters/{clusterId}/backups/{backupId}',
    summary: 'One backup',
    tag: 'backup',
    access: 'viewer',
    params: one,
    success: { status: 200, schema: Backup },
    errors: [],
    cli: { command: 'backup get', summary: 'Show a backup' },
  }),
  'backup.create': defineOperation({
    method: 'POST',
    path: '/v1/clusters/{clusterId}/backups',
    summary: 'Back up all Kubernetes objects of a cluster, as they are now or were at a moment, while it goes on',
    description: [
      'It is encrypted, kept outside of the DataStore, read back and compared. Contents of volumes are not in it: those are for volume snapshots. With `moment`, it is had back from the archive of the',
      'DataStore; neither the cluster nor others in the same DataStore notice. Restore it as any other.',
    ].join(' '),
    tag: 'backup',
    access: 'operator',
    params,
    body: CreateBackup,
    bodyOptional: true,
    success: { status: 201, schema: Backup },
    write: true,
    idempotent: true,
    errors: [
      'backups_not_offered',
      'recovery_not_offered',
      'moment_not_archived',
      'quota_exceeded',
      'cluster_deleting',
      'cluster_not_ready',
    ],
    cli: { command: 'backup create', summary: 'Back up a cluster, as it is now or was at a moment' },
  }),
  'backup.delete': defineOperation({
    method: 'DELETE',
    path: '/v1/clusters/{clusterId}/backups/{backupId}',
    summary: 'Remove a backup for good',
    tag: 'backup',
    access: 'admin',
    params: one,
    success: { status: 204 },
    write: true,
    idempotent: true,
    errors: ['cluster_restoring'],
    cli: { command: 'backup delete', summary: 'Remove a backup' },
  }),
  'backup.restore': defineOperation({
    method: 'POST',
    path: '/v1/clusters/{clusterId}/backups/{backupId}/restore',
    summary: 'Give a cluster the objects of a backup instead of those it has',
    description: [
      'The control plane stops for it; workers and what runs on them go on. What is there is backed up first, as `before-restore`, so that it can be had back. The backup is loaded and compared',
      'before anything is exchanged, and then all at once or not at all. Objects that came later are gone; nodes that came later are replaced.',
    ].join(' '),
    tag: 'backup',
    access: 'admin',
    params: one,
    success: { status: 202, schema: Operation },
    async: true,
    idempotent: true,
    ifMatch: true,
    errors: [
      'backup_not_usable',
      'backups_not_offered',
      'cluster_deleting',
      'cluster_restoring',
      'cluster_not_ready',
      'rotation_running',
    ],
    cli: { command: 'backup restore', summary: 'Restore a backup in place' },
  }),
};
