import { type Static, Type } from 'typebox';
import { Timestamp } from '../common.ts';
import { eventTypes } from '../event/schema.ts';

const url = (description: string) =>
  Type.String({ minLength: 1, maxLength: 2_000, description, examples: ['https://example.com/hooks/kaas'] });
const wantedTypes = Type.Union(
  [Type.Array(Type.Enum([...eventTypes]), { minItems: 1, uniqueItems: true }), Type.Null()],
  {
    description: 'null: all',
  },
);
const description = Type.String({ maxLength: 200 });

export const WebhookCreate = Type.Object(
  {
    url: url('https, reachable from the Internet'),
    description: Type.Optional(description),
    eventTypes: Type.Optional(wantedTypes),
  },
  { $id: 'WebhookCreate', additionalProperties: false },
);
export type WebhookCreate = Static<typeof WebhookCreate>;

export const WebhookPatch = Type.Object(
  {
    url: Type.Optional(url('https, reachable from the Internet')),
    description: Type.Optional(description),
    eventTypes: Type.Optional(wantedTypes),
    enabled: Type.Optional(Type.Boolean({ description: 'Events that come while it is off are not sent later' })),
  },
  { $id: 'WebhookPatch', additionalProperties: false, minProperties: 1 },
);
export type WebhookPatch = Static<typeof WebhookPatch>;

const members = {
  id: Type.String({ examples: ['wh-4k2j8d0s7aqz'] }),
  url: Type.String(),
  description: Type.String(),
  eventTypes: Type.Union([Type.Array(Type.String()), Type.Null()], { description: 'null: all' }),
  enabled: Type.Boolean(),
  disabledReason: Type.Union([Type.String(), Type.Null()], { description: 'Why the service turned it off' }),
  failingSince: Type.Union([Timestamp, Type.Null()], { description: 'Nothing was taken since' }),
  createdBy: Type.String(),
  createdAt: Timestamp,
  updatedAt: Timestamp,
};

export const Webhook = Type.Object(members, { $id: 'Webhook', additionalProperties: false });
export type Webhook = Static<typeof Webhook>;

const secret = Type.String({
  description: 'Shown once. Verify `webhook-signature` with it (Standard Webhooks)',
  examples: ['whsec_…'],
});

export const NewWebhook = Type.Object({ ...members, secret }, { $id: 'NewWebhook', additionalProperties: false });
export type NewWebhook = Static<typeof NewWebhook>;

export const WebhookSecret = Type.Object(
  {
    secret,
    previousUntil: Type.Union([Timestamp, Type.Null()], { description: 'Until then the old one signs, too' }),
  },
  { $id: 'WebhookSecret', additionalProperties: false },
);
export type WebhookSecret = Static<typeof WebhookSecret>;

export const WebhookDelivery = Type.Object(
  {
    id: Type.String({ examples: ['dl-4k2j8d0s7aqz1b2c'] }),
    webhookId: Type.String(),
    messageId: Type.String({ description: 'The header `webhook-id`: the same for every attempt and replay' }),
    eventType: Type.String(),
    state: Type.Enum(['pending', 'delivered', 'failed']),
    attempts: Type.Integer(),
    nextAttemptAt: Type.Union([Timestamp, Type.Null()]),
    lastStatus: Type.Union([Type.Integer(), Type.Null()], { description: 'HTTP status of the last answer' }),
    lastError: Type.Union([Type.String(), Type.Null()]),
    createdAt: Timestamp,
    finishedAt: Type.Union([Timestamp, Type.Null()]),
  },
  { $id: 'WebhookDelivery', additionalProperties: false },
);
export type WebhookDelivery = Static<typeof WebhookDelivery>;
