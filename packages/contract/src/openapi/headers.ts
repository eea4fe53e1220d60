import type { JsonObject } from './schemas.ts';

const text = { type: 'string' } as const;

/** Request headers that operations share. */
export const parameters: JsonObject = {
  IdempotencyKey: {
    name: 'Idempotency-Key',
    in: 'header',
    description:
      'Makes a repeat harmless: for 24 hours the same request with the same key gets the same answer. One key for one request.',
    schema: { ...text, pattern: '^[\\x21-\\x7e]{1,255}$' },
  },
  IfMatch: {
    name: 'If-Match',
    in: 'header',
    description: 'ETag of the cluster; the change is refused when the cluster has changed since',
    schema: text,
  },
  LastEventId: {
    name: 'Last-Event-ID',
    in: 'header',
    description: 'Id of the last event seen; goes before `after`',
    schema: { ...text, pattern: '^[0-9]{1,15}$' },
  },
};

/** Response headers. */
export const headers: JsonObject = {
  'x-request-id': { description: 'Names this request in logs; the one sent, or a new one', schema: text },
  etag: { description: 'For `If-Match`: the generation of the cluster', schema: text },
  location: { description: 'Path of the operation', schema: { ...text, format: 'uri-reference' } },
  'idempotency-replayed': {
    description: '`true` when this is the stored answer of an earlier request',
    schema: { ...text, enum: ['true'] },
  },
  'www-authenticate': { description: 'RFC 6750', schema: text },
  'retry-after': { description: 'Seconds to wait before the next attempt', schema: { type: 'integer', minimum: 1 } },
};
