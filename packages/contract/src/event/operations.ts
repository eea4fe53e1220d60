import { Type } from 'typebox';
import { defineOperation } from '../operation-definition.ts';
import { Event } from './schema.ts';

export const eventOperations = {
  'event.stream': defineOperation({
    method: 'GET',
    path: '/v1/events',
    summary: 'What happens, as server-sent events',
    description:
      'Without `Last-Event-ID` (or `after`) the stream starts now; with `0` it starts at the first event kept. Each event arrives exactly once and in order when the client resumes with the last id it saw.',
    tag: 'event',
    access: 'viewer',
    query: Type.Object(
      {
        clusterId: Type.Optional(Type.String()),
        operationId: Type.Optional(Type.String()),
        after: Type.Optional(Type.String({ pattern: '^[0-9]{1,18}$', description: 'Like `Last-Event-ID`' })),
      },
      { additionalProperties: false },
    ),
    success: { status: 200, schema: Event },
    stream: true,
    errors: ['invalid_header'],
    cli: { command: 'events', summary: 'Follow events' },
  }),
};
