import { Type } from 'typebox';
import { page } from '../common.ts';
import { defineOperation } from '../operation-definition.ts';
import { LogExport, LogExportCreate } from './schema.ts';

const params = Type.Object({ clusterId: Type.String() });
const common = { tag: 'cluster', params } as const;

export const logExportOperations = {
  'log-export.list': defineOperation({
    ...common,
    method: 'GET',
    path: '/v1/clusters/{clusterId}/log-exports',
    summary: 'Where logs of the cluster are sent',
    access: 'operator',
    query: Type.Object({}, { additionalProperties: false }),
    success: { status: 200, schema: page(LogExport) },
    errors: [],
    cli: { command: 'cluster log-export list', summary: 'List where logs are sent' },
  }),
  'log-export.create': defineOperation({
    ...common,
    method: 'POST',
    path: '/v1/clusters/{clusterId}/log-exports',
    summary: 'Send logs of the control plane, or audit events, to an address or a bucket of yours',
    description: [
      'Every few seconds what is new: gzip of JSON lines with `time`, `cluster`, `component`, `pod` and `message`. A line comes at least once, as long as its replica still has it.',
      'What is refused is sent again, with growing pauses of up to five minutes.',
    ].join(' '),
    access: 'admin',
    body: LogExportCreate,
    success: { status: 201, schema: LogExport },
    write: true,
    idempotent: true,
    errors: ['quota_exceeded', 'cluster_deleting'],
    cli: { command: 'cluster log-export add', summary: 'Send logs to an address or a bucket' },
  }),
  'log-export.delete': defineOperation({
    ...common,
    method: 'DELETE',
    path: '/v1/clusters/{clusterId}/log-exports/{logExportId}',
    summary: 'Send them there no more',
    access: 'admin',
    params: Type.Object({ clusterId: Type.String(), logExportId: Type.String() }),
    success: { status: 204 },
    write: true,
    idempotent: true,
    errors: [],
    cli: { command: 'cluster log-export remove', summary: 'Send logs there no more' },
  }),
};
