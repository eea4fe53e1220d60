import type { Webhook, WebhookDelivery } from '@matryoshka/contract';

interface Hook extends Omit<Webhook, 'createdAt' | 'updatedAt' | 'failingSince' | 'eventTypes'> {
  readonly eventTypes: readonly string[] | null;
  readonly failingSince: Date | null;
  readonly createdAt: Date;
  readonly updatedAt: Date;
}

/** Without its secrets. */
export function webhookView(hook: Hook): Webhook {
  const { id, url, description, eventTypes, enabled, disabledReason, failingSince, createdBy } = hook;
  return {
    ...{ id, url, description, enabled, disabledReason, createdBy },
    eventTypes: eventTypes === null ? null : [...eventTypes],
    failingSince: failingSince?.toISOString() ?? null,
    createdAt: hook.createdAt.toISOString(),
    updatedAt: hook.updatedAt.toISOString(),
  };
}

interface Delivery extends Omit<WebhookDelivery, 'createdAt' | 'finishedAt' | 'nextAttemptAt'> {
  readonly nextAttemptAt: Date;
  readonly createdAt: Date;
  readonly finishedAt: Date | null;
}

export function deliveryView(delivery: Delivery): WebhookDelivery {
  const { id, webhookId, messageId, eventType, state, attempts, lastStatus, lastError } = delivery;
  return {
    ...{ id, webhookId, messageId, eventType, state, attempts, lastStatus, lastError },
    nextAttemptAt: state === 'pending' ? delivery.nextAttemptAt.toISOString() : null,
    createdAt: delivery.createdAt.toISOString(),
    finishedAt: delivery.finishedAt?.toISOString() ?? null,
  };
}
