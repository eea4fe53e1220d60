import { type Static, Type } from 'typebox';
import { Timestamp } from '../common.ts';

const orNull = (description: string) => Type.Union([Type.Unknown(), Type.Null()], { description });

export const AuditRecord = Type.Object(
  {
    sequence: Type.Integer({ description: 'From 1 on, without gaps within the project' }),
    at: Timestamp,
    user: Type.Object({ id: Type.String(), name: Type.String() }, { additionalProperties: false }),
    action: Type.String({ examples: ['cluster.create'] }),
    resource: Type.String(),
    requestId: Type.String(),
    remoteAddress: Type.Union([Type.String(), Type.Null()]),
    before: orNull('What was; null where nothing was or nothing is told'),
    after: orNull('What is'),
    hash: Type.String({ description: 'Of this record and the one before it, in hexadecimal' }),
  },
  { $id: 'AuditRecord', additionalProperties: false },
);
export type AuditRecord = Static<typeof AuditRecord>;

export const AuditLink = Type.Object(
  {
    sequence: Type.Integer(),
    payload: Type.String({ description: 'The record as JSON, to the byte as it was hashed' }),
    previous: Type.String({ description: 'Hash of the record before; 64 zeros for the first' }),
    hash: Type.String({ description: 'SHA-256 of the bytes of `previous` and of `payload` in UTF-8, in hexadecimal' }),
  },
  {
    $id: 'AuditLink',
    additionalProperties: false,
    description: 'A line of an export; docs/audit.md tells how to check it',
  },
);
export type AuditLink = Static<typeof AuditLink>;

export const AuditVerdict = Type.Object(
  {
    intact: Type.Boolean(),
    records: Type.Integer(),
    head: Type.Union(
      [Type.Object({ sequence: Type.Integer(), hash: Type.String() }, { additionalProperties: false }), Type.Null()],
      {
        description:
          'The last record, kept apart from the chain; write it down elsewhere to notice a chain that was made anew',
      },
    ),
    fault: Type.Union(
      [
        Type.Object(
          {
            sequence: Type.Integer(),
            kind: Type.Enum(['changed', 'missing', 'relinked', 'truncated'], {
              description:
                'changed: another text; missing: no such record; relinked: it follows another one; truncated: the end is not the head',
            }),
          },
          { additionalProperties: false },
        ),
        Type.Null(),
      ],
      { description: 'The first record that is not as it was written' },
    ),
  },
  { $id: 'AuditVerdict', additionalProperties: false },
);
export type AuditVerdict = Static<typeof AuditVerdict>;
