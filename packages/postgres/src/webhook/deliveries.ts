import type { Queryable } from '../database.ts';

export interface StoredDelivery {
  readonly id: string;
  readonly webhookId: string;
  readonly messageId: string;
  readonly eventType: string;
  readonly body: string;
  readonly state: 'pending' | 'delivered' | 'failed';
  readonly attempts: number;
  readonly nextAttemptAt: Date;
  readonly lastStatus: number | null;
  readonly lastError: string | null;
  readonly createdAt: Date;
  readonly finishedAt: Date | null;
}

const columns = `id, webhook_id as "webhookId", message_id as "messageId", event_type as "eventType", body, state, attempts,
  next_attempt_at as "nextAttemptAt", last_status as "lastStatus", last_error as "lastError", created_at as "createdAt",
  finished_at as "finishedAt"`;

/** Ids of projects of which a webhook has not seen all events, or has something to send now. Over all projects. */
export async function projectsWithWebhookWork(db: Queryable): Promise<readonly string[]> {
  const result = await db.query<{ id: string }>('select project_id as id from projects_with_webhook_work()');
  return result.rows.map(({ id }) => id);
}

/** The webhooks of the project that have not seen all events, each with where it stands; nobody else has them meanwhile. */
export async function lockWebhooksBehind(
  db: Queryable,
): Promise<
  readonly { readonly id: string; readonly position: number; readonly eventTypes: readonly string[] | null }[]
> {
  const result = await db.query<{ id: string; position: number; eventTypes: readonly string[] | null }>(
    `select id, position, event_types as "eventTypes" from webhooks w
     where enabled and exists (select from events e where e.project_id = w.project_id and e.sequence > w.position) order by id for update skip locked`,
  );
  return result.rows;
}

export interface NewDelivery {
  readonly id: string;
  readonly webhookId: string;
  readonly projectId: string;
  readonly messageId: string;
  /** Null for what is no event of its own: a test, a replay. */
  readonly eventSequence: number | null;
  readonly eventType: string;
  readonly body: string;
}

export async function insertDelivery(db: Queryable, delivery: NewDelivery): Promise<StoredDelivery> {
  const { id, webhookId, projectId, messageId, eventSequence, eventType, body } = delivery;
  const result = await db.query<StoredDelivery>(
    `insert into webhook_deliveries (id, webhook_id, project_id, message_id, event_sequence, event_type, body)
     values ($1, $2, $3, $4, $5, $6, $7) returning ${columns}`,
    [id, webhookId, projectId, messageId, eventSequence, eventType, body],
  );
  const [row] = result.rows;
  if (row === undefined) throw new Error('the delivery vanished');
  return row;
}

export async function moveWebhook(db: Queryable, id: string, position: number): Promise<void> {
  await db.query('update webhooks set position = $2 where id = $1', [id, position]);
}

/** What is to be sent now, at most `limit`; it is nobody else's for `leaseMs`, after which it counts as not sent. */
export async function claimDeliveries(
  db: Queryable,
  { limit, leaseMs }: { readonly limit: number; readonly leaseMs: number },
): Promise<readonly StoredDelivery[]> {
  const result = await db.query<StoredDelivery>(
    `update webhook_deliveries set next_attempt_at = now() + make_interval(secs => $2) where id in (
       select d.id from webhook_deliveries d join webhooks w on w.id = d.webhook_id
       where w.enabled and d.state = 'pending' and d.next_attempt_at <= now()
       order by d.next_attempt_at, d.created_at limit $1 for update of d skip locked)
     returning ${columns}`,
    [limit, leaseMs / 1000],
  );
  return result.rows;
}

/** What became of an attempt. `retryInMs` undefined: there is no other. */
export async function noteAttempt(
  db: Queryable,
  id: string,
  result: { readonly status: number | null; readonly error: string | null; readonly retryInMs?: number },
): Promise<void> {
  const state = result.error === null ? 'delivered' : result.retryInMs === undefined ? 'failed' : 'pending';
  await db.query(
    `update webhook_deliveries set attempts = attempts + 1, state = $2, last_status = $3, last_error = $4,
       next_attempt_at = now() + make_interval(secs => $5), finished_at = case when $2 = 'pending' then null else now() end
     where id = $1 and state = 'pending'`,
    [id, state, result.status, result.error, (result.retryInMs ?? 0) / 1000],
  );
}

export async function getDelivery(db: Queryable, webhookId: string, id: string): Promise<StoredDelivery | undefined> {
  const result = await db.query<StoredDelivery>(
    `select ${columns} from webhook_deliveries where webhook_id = $1 and id = $2`,
    [webhookId, id],
  );
  return result.rows[0];
}

/** Newest first, before one of them. */
export async function listDeliveries(
  db: Queryable,
  options: {
    readonly webhookId: string;
    readonly limit: number;
    readonly state?: StoredDelivery['state'];
    readonly before?: { readonly createdAt: Date; readonly id: string };
  },
): Promise<readonly StoredDelivery[]> {
  // Times are compared in milliseconds: what a cursor can carry.
  const result = await db.query<StoredDelivery>(
    `select ${columns} from webhook_deliveries
     where webhook_id = $2 and ($3::text is null or state = $3)
       and ($4::timestamptz is null or (date_trunc('milliseconds', created_at), id) < ($4, $5))
     order by date_trunc('milliseconds', created_at) desc, id desc limit $1`,
    [
      options.limit,
      options.webhookId,
      options.state ?? null,
      options.before?.createdAt ?? null,
      options.before?.id ?? null,
    ],
  );
  return result.rows;
}
