import { Type } from 'typebox';
import { page, pageQuery } from '../common.ts';
import { defineOperation } from '../operation-definition.ts';
import { AuditLink, AuditRecord, AuditVerdict } from './schema.ts';

const time = (description: string) => Type.Optional(Type.String({ format: 'date-time', description }));

export const auditOperations = {
  'audit.list': defineOperation({
    method: 'GET',
    path: '/v1/audit',
    summary: 'Who did what in the project, the newest first',
    description: 'Every change, every login and every credential for a cluster that was given out.',
    tag: 'audit',
    access: 'admin',
    wholeProject: true,
    query: Type.Object(
      {
        userId: Type.Optional(Type.String()),
        action: Type.Optional(Type.String({ examples: ['cluster.delete'] })),
        resource: Type.Optional(Type.String({ examples: ['c-7f3k9x2m4q'] })),
        from: time('Not before'),
        to: time('Before'),
        ...pageQuery,
      },
      { additionalProperties: false },
    ),
    sparse: true,
    success: { status: 200, schema: page(AuditRecord) },
    errors: [],
    cli: { command: 'audit list', summary: 'List who did what' },
  }),
  'audit.export': defineOperation({
    method: 'GET',
    path: '/v1/audit/export',
    summary: 'The records of the project with what is needed to check them, the oldest first',
    tag: 'audit',
    access: 'admin',
    wholeProject: true,
    query: Type.Object({ ...pageQuery }, { additionalProperties: false }),
    success: { status: 200, schema: page(AuditLink) },
    errors: [],
    cli: { command: 'audit export', summary: 'Write all records as JSON lines' },
  }),
  'audit.verify': defineOperation({
    method: 'GET',
    path: '/v1/audit/verification',
    summary: 'Is every record as it was written, and none missing?',
    tag: 'audit',
    access: 'admin',
    wholeProject: true,
    query: Type.Object({}, { additionalProperties: false }),
    success: { status: 200, schema: AuditVerdict },
    errors: [],
    cli: { command: 'audit verify', summary: 'Check the chain of records' },
  }),
};
