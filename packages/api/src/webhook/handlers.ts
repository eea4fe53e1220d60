import {
  deliveryView,
  mergeViolations,
  newWebhookSecret,
  notFound,
  refuseViolations,
  validateWebhook,
  webhookView,
} from '@matryoshka/application';
import { defaultPageSize } from '@matryoshka/contract';
import {
  deleteWebhook,
  getDelivery,
  getWebhook,
  inProject,
  insertDelivery,
  insertWebhook,
  listDeliveries,
  listWebhooks,
  newDeliveryId,
  newWebhookId,
  type Queryable,
  rotateWebhookSecret,
  type StoredWebhook,
  secretContexts,
  updateWebhook,
} from '@matryoshka/postgres';
import { type CursorScope, decodeCursor, pageOf } from '../http/cursor.ts';
import type { PlainHandlers, WriteHandlers } from '../http/incoming.ts';
import { writeTransaction } from '../store.ts';
import { cloudEvent } from './message.ts';

async function webhookOf(tx: Queryable, id: string, options: { readonly lock?: true } = {}): Promise<StoredWebhook> {
  const webhook = await getWebhook(tx, id, options);
  if (webhook === undefined) throw notFound('webhook', id);
  return webhook;
}

export const webhookHandlers: Pick<PlainHandlers, 'webhook.list' | 'webhook.get' | 'webhook.deliveries'> = {
  'webhook.list': async ({ pool }, { caller, query }) => {
    const { cursor, limit = defaultPageSize } = query;
    const scope: CursorScope = ['webhook.list', caller.projectId];
    const after = decodeCursor(scope, cursor, ([id]) => id);
    const page = { limit: limit + 1, ...(after === undefined ? {} : { after }) };
    const rows = await inProject(pool, caller, async (tx) => await listWebhooks(tx, page));
    return { data: pageOf(scope, rows, limit, { key: ({ id }) => [id], view: webhookView }) };
  },
  'webhook.get': async ({ pool }, { caller, params }) => ({
    data: webhookView(await inProject(pool, caller, async (tx) => await webhookOf(tx, params.webhookId))),
  }),
  'webhook.deliveries': async ({ pool }, { caller, params, query }) => {
    const { state, cursor, limit = defaultPageSize } = query;
    const scope: CursorScope = ['webhook.deliveries', caller.projectId, params.webhookId, state];
    const before = decodeCursor(scope, cursor, ([time = '', id = '']) => {
      const createdAt = new Date(time);
      return Number.isNaN(createdAt.getTime()) ? undefined : { createdAt, id };
    });
    const rows = await inProject(pool, caller, async (tx) => {
      const { id: webhookId } = await webhookOf(tx, params.webhookId);
      const filter = { ...(state === undefined ? {} : { state }), ...(before === undefined ? {} : { before }) };
      return await listDeliveries(tx, { webhookId, limit: limit + 1, ...filter });
    });
    return {
      data: pageOf(scope, rows, limit, {
        key: ({ createdAt, id }) => [createdAt.toISOString(), id],
        view: deliveryView,
      }),
    };
  },
};

type Writes =
  | 'webhook.create'
  | 'webhook.update'
  | 'webhook.delete'
  | 'webhook.rotate'
  | 'webhook.test'
  | 'webhook.replay';

export const webhookWrites: Pick<WriteHandlers, Writes> = {
  'webhook.create': async ({ secretBox, allowHttpWebhooks }, { tx, audit }, { caller, body, shape }) => {
    // So that two requests at once do not exceed the limit.
    await writeTransaction(tx).lockProject(caller.projectId);
    const count = (await listWebhooks(tx, { limit: 1_000 })).length;
    refuseViolations(mergeViolations(shape, validateWebhook(body, { count, allowHttp: allowHttpWebhooks })));
    const secret = newWebhookSecret();
    const id = newWebhookId();
    const { url, description = '', eventTypes = null } = body;
    const webhook = await insertWebhook(tx, {
      ...{ id, projectId: caller.projectId, url, description, eventTypes, createdBy: caller.userName },
      secret: await secretBox.seal(secret, secretContexts.webhook(id)),
    });
    await audit({ resource: id, after: { url, description, eventTypes } });
    return { data: { ...webhookView(webhook), secret } };
  },
  'webhook.update': async ({ allowHttpWebhooks }, { tx, audit }, { params, body, shape }) => {
    const { url, description, eventTypes, enabled } = await webhookOf(tx, params.webhookId, { lock: true });
    refuseViolations(mergeViolations(shape, validateWebhook(body, { allowHttp: allowHttpWebhooks })));
    const webhook = await updateWebhook(tx, params.webhookId, body);
    await audit({ resource: webhook.id, before: { url, description, eventTypes, enabled }, after: body });
    return { data: webhookView(webhook) };
  },
  'webhook.delete': async (_context, { tx, audit }, { params }) => {
    const { id, url, description, eventTypes } = await webhookOf(tx, params.webhookId, { lock: true });
    await deleteWebhook(tx, id);
    await audit({ resource: id, before: { url, description, eventTypes } });
    return { data: undefined };
  },
  'webhook.rotate': async ({ secretBox }, { tx, audit }, { params }) => {
    const { id } = await webhookOf(tx, params.webhookId, { lock: true });
    const secret = newWebhookSecret();
    const until = await rotateWebhookSecret(tx, id, await secretBox.seal(secret, secretContexts.webhook(id)));
    await audit({ resource: id, after: { previousUntil: until.toISOString() } });
    return { data: { secret, previousUntil: until.toISOString() } };
  },
  'webhook.test': async ({ now }, { tx, audit }, { caller, params }) => {
    const { id: webhookId } = await webhookOf(tx, params.webhookId);
    const { projectId } = caller;
    const id = newDeliveryId();
    const messageId = `test-${id}`;
    const event = { type: 'webhook.test', at: now(), clusterId: null, operationId: null, data: { webhookId } };
    const delivery = await insertDelivery(tx, {
      ...{ id, webhookId, projectId, messageId, eventSequence: null, eventType: event.type },
      body: cloudEvent(projectId, { ...event, id: messageId }),
    });
    await audit({ resource: webhookId, after: { delivery: id } });
    return { data: deliveryView(delivery) };
  },
  'webhook.replay': async (_context, { tx, audit }, { caller, params }) => {
    const { id: webhookId } = await webhookOf(tx, params.webhookId);
    const old = await getDelivery(tx, webhookId, params.deliveryId);
    if (old === undefined) throw notFound('delivery', params.deliveryId);
    const { messageId, eventType, body } = old;
    const made = { id: newDeliveryId(), webhookId, projectId: caller.projectId, messageId, eventType, body };
    const delivery = await insertDelivery(tx, { ...made, eventSequence: null });
    await audit({ resource: webhookId, after: { delivery: delivery.id, replayOf: old.id } });
    return { data: deliveryView(delivery) };
  },
};
