import { signatureHeaders } from '@matryoshka/application';
import {
  claimDeliveries,
  getWebhook,
  inProject,
  insertDelivery,
  listEvents,
  lockWebhooksBehind,
  moveWebhook,
  newDeliveryId,
  noteAttempt,
  noteWebhookResult,
  type Pool,
  projectsWithWebhookWork,
  type SecretBox,
  type StoredDelivery,
  type StoredWebhook,
  secretContexts,
} from '@matryoshka/postgres';
import { errorMessage, type Logger, type OutgoingOptions, repeatedly } from '@matryoshka/system';

import { cloudEvent, contentType } from './message.ts';
import { sendWebhook } from './send.ts';

export interface WebhookWorkerOptions extends Omit<OutgoingOptions, 'timeoutMs'> {
  readonly pool: Pool;
  readonly secretBox: SecretBox;
  /** How often work is looked for. */
  readonly intervalMs: number;
  /** Pauses before the second, third, … attempt; after the last one it is given up. */
  readonly backoffMs?: readonly number[];
  readonly timeoutMs?: number;
  /** A webhook that took nothing for so long is turned off. */
  readonly patienceMs?: number;
  readonly log: Logger;
  readonly signal: AbortSignal;
}

const second = 1_000;
const minute = 60 * second;
const hour = 60 * minute;
// As the Standard Webhooks specification proposes: three days in all.
const defaultBackoff = [
  5 * second,
  5 * minute,
  30 * minute,
  2 * hour,
  5 * hour,
  10 * hour,
  14 * hour,
  20 * hour,
  24 * hour,
];
const defaultPatience = 5 * 24 * hour;
const defaultTimeout = 15 * second;
const page = 200;
/** At once, of one project. */
const parallel = 10;
/** Projects that are served at once. */
const mostTurns = 20;

/**
 * Turns events into deliveries and sends them, until the signal aborts. Several processes may do so at once: a delivery is made once for each event,
 * and one process has it at a time. One whose process died is sent again, so receivers may see a message twice.
 */
export async function runWebhooks(options: WebhookWorkerOptions): Promise<void> {
  const { pool, log, intervalMs, signal } = options;
  // Each project has its own turn, so that receivers that do not answer hold up nobody else's.
  const turns = new Map<string, Promise<void>>();
  const failed = (error: unknown): void => {
    if (!signal.aborted) log.warn({ reason: errorMessage(error) }, 'webhooks could not be served');
  };
  await repeatedly({ intervalMs, signal, failed }, async () => {
    for (const projectId of await projectsWithWebhookWork(pool)) {
      if (signal.aborted || turns.size >= mostTurns) break;
      if (turns.has(projectId)) continue;
      const turn = serveProject(options, projectId)
        .catch(failed)
        .finally(() => turns.delete(projectId));
      turns.set(projectId, turn);
    }
  });
  await Promise.all(turns.values());
}

async function serveProject(options: WebhookWorkerOptions, projectId: string): Promise<void> {
  do await makeDeliveries(options, projectId);
  while (!options.signal.aborted && (await sendDeliveries(options, projectId)) === parallel);
}

const scope = (projectId: string) => ({ projectId, clusterIds: null });

async function makeDeliveries({ pool }: WebhookWorkerOptions, projectId: string): Promise<void> {
  await inProject(pool, scope(projectId), async (tx) => {
    for (const { id, position, eventTypes } of await lockWebhooksBehind(tx)) {
      const events = await listEvents(tx, position, page);
      for (const event of events) {
        if (eventTypes !== null && !eventTypes.includes(event.type)) continue;
        const messageId = `evt-${event.sequence}`;
        await insertDelivery(tx, {
          ...{ id: newDeliveryId(), webhookId: id, projectId, messageId, eventSequence: event.sequence },
          eventType: event.type,
          body: cloudEvent(projectId, { ...event, id: messageId }),
        });
      }
      const last = events.at(-1);
      if (last !== undefined) await moveWebhook(tx, id, last.sequence);
    }
  });
}

/** Answers how many were sent. */
async function sendDeliveries(options: WebhookWorkerOptions, projectId: string): Promise<number> {
  const { pool, signal, timeoutMs = defaultTimeout } = options;
  const claimed = await inProject(
    pool,
    scope(projectId),
    async (tx) => await claimDeliveries(tx, { limit: parallel, leaseMs: timeoutMs * 4 }),
  );
  if (signal.aborted) return 0;
  await Promise.all(claimed.map(async (delivery) => await attempt(options, projectId, delivery)));
  return claimed.length;
}

async function attempt(options: WebhookWorkerOptions, projectId: string, delivery: StoredDelivery): Promise<void> {
  const { pool, secretBox, timeoutMs = defaultTimeout, backoffMs = defaultBackoff } = options;
  const hook = await inProject(pool, scope(projectId), async (tx) => await getWebhook(tx, delivery.webhookId));
  if (hook === undefined) return;
  const now = new Date();
  const headers = {
    'content-type': contentType,
    ...signatureHeaders(await secretsOf(hook, secretBox, now), { id: delivery.messageId, body: delivery.body }, now),
  };
  const sent = await sendWebhook(hook.url, { body: delivery.body, headers }, { ...options, timeoutMs });
  const pause = backoffMs[delivery.attempts];
  await inProject(pool, scope(projectId), async (tx) => {
    await noteAttempt(tx, delivery.id, {
      status: sent.status ?? null,
      error: sent.error ?? null,
      // So that many that failed together do not come again together.
      ...(pause === undefined ? {} : { retryInMs: pause * (0.8 + Math.random() * 0.4) }),
    });
    const disable = whyDisable(hook, sent, now, options.patienceMs ?? defaultPatience);
    await noteWebhookResult(tx, hook.id, {
      taken: sent.error === undefined,
      ...(disable === undefined ? {} : { disable }),
    });
    if (disable !== undefined) options.log.info({ projectId, webhookId: hook.id, disable }, 'a webhook was turned off');
  });
}

function whyDisable(
  { failingSince }: StoredWebhook,
  { status, error }: { readonly status?: number; readonly error?: string },
  now: Date,
  patienceMs: number,
): string | undefined {
  if (status === 410) return 'the receiver answered 410 Gone';
  if (error === undefined || failingSince === null || now.getTime() - failingSince.getTime() < patienceMs)
    return undefined;
  return `nothing was taken since ${failingSince.toISOString()}; the last error: ${error}`;
}

async function secretsOf(hook: StoredWebhook, box: SecretBox, now: Date): Promise<readonly string[]> {
  const context = secretContexts.webhook(hook.id);
  const { previousSecret, previousUntil } = hook;
  const isBoth = previousSecret !== null && previousUntil !== null && previousUntil > now;
  return await Promise.all(
    [hook.secret, ...(isBoth ? [previousSecret] : [])].map(async (sealed) => await box.open(sealed, context)),
  );
}
