import { type Static, Type } from 'typebox';
import { orNull, Timestamp } from '../common.ts';
import { logComponents } from '../log/schema.ts';

const components = Type.Array(Type.Enum([...logComponents]), { minItems: 1, maxItems: 6, uniqueItems: true });
const url = Type.String({
  maxLength: 2_000,
  description:
    'http: where batches are posted; s3: endpoint, bucket and prefix, as in https://s3.example.com/bucket/prefix',
});
const kind = Type.Enum(['http', 's3'], { description: 's3: any service with that API' });
const text = (description: string) => Type.String({ minLength: 1, maxLength: 1_000, description });

export const LogExportCreate = Type.Object(
  {
    kind,
    components,
    url,
    authorization: Type.Optional(text('http: value of the header `Authorization`; never shown again')),
    region: Type.Optional(text('s3; default: us-east-1')),
    accessKeyId: Type.Optional(text('s3')),
    secretAccessKey: Type.Optional(text('s3; never shown again')),
  },
  { $id: 'LogExportCreate', additionalProperties: false },
);
export type LogExportCreate = Static<typeof LogExportCreate>;

export const LogExport = Type.Object(
  {
    id: Type.String(),
    kind,
    components,
    url,
    region: orNull(Type.String(), 'null: http'),
    accessKeyId: orNull(Type.String(), 'null: http'),
    state: Type.Enum(['waiting', 'working', 'failing'], { description: 'waiting: nothing was sent yet' }),
    lastSentAt: orNull(Timestamp, 'null: never'),
    lastError: orNull(Type.String(), 'null: the last attempt went well'),
    createdAt: Timestamp,
    createdBy: Type.String({ description: 'Name of who made it' }),
  },
  { $id: 'LogExport', additionalProperties: false },
);
export type LogExport = Static<typeof LogExport>;
