import type { Queryable } from '../database.ts';

export interface StoredWebhook {
  readonly id: string;
  readonly projectId: string;
  readonly url: string;
  readonly description: string;
  /** Null: all. */
  readonly eventTypes: readonly string[] | null;
  readonly enabled: boolean;
  readonly disabledReason: string | null;
  readonly failingSince: Date | null;
  readonly createdBy: string;
  readonly createdAt: Date;
  readonly updatedAt: Date;
  /** Sealed, as the next two. */
  readonly secret: Buffer;
  readonly previousSecret: Buffer | null;
  readonly previousUntil: Date | null;
}

const columns = `id, project_id as "projectId", url, description, event_types as "eventTypes", enabled, disabled_reason as "disabledReason",
  failing_since as "failingSince", created_by as "createdBy", created_at as "createdAt", updated_at as "updatedAt", secret,
  previous_secret as "previousSecret", previous_until as "previousUntil"`;

const only = <T>(rows: readonly T[]): T => {
  const [row] = rows;
  if (row === undefined) throw new Error('the webhook vanished');
  return row;
};

/** Events that come from now on are its. */
export async function insertWebhook(
  db: Queryable,
  webhook: Pick<StoredWebhook, 'id' | 'projectId' | 'url' | 'description' | 'eventTypes' | 'secret' | 'createdBy'>,
): Promise<StoredWebhook> {
  const { id, projectId, url, description, eventTypes, secret, createdBy } = webhook;
  const result = await db.query<StoredWebhook>(
    `insert into webhooks (id, project_id, url, description, event_types, secret, created_by, position)
     values ($1, $2, $3, $4, $5, $6, $7, (select coalesce(max(sequence), 0) from events where project_id = current_project())) returning ${columns}`,
    [id, projectId, url, description, eventTypes, secret, createdBy],
  );
  return only(result.rows);
}

export async function getWebhook(
  db: Queryable,
  id: string,
  options: { readonly lock?: true } = {},
): Promise<StoredWebhook | undefined> {
  const lock = options.lock ? 'for update' : '';
  return (await db.query<StoredWebhook>(`select ${columns} from webhooks where id = $1 ${lock}`, [id])).rows[0];
}

/** By id, after one of them. */
export async function listWebhooks(
  db: Queryable,
  options: { readonly limit: number; readonly after?: string },
): Promise<readonly StoredWebhook[]> {
  const result = await db.query<StoredWebhook>(
    `select ${columns} from webhooks where $2::text is null or id > $2 order by id limit $1`,
    [options.limit, options.after ?? null],
  );
  return result.rows;
}

export interface WebhookChange {
  readonly url?: string;
  readonly description?: string;
  readonly eventTypes?: readonly string[] | null;
  readonly enabled?: boolean;
}

/** One that is turned on again begins with the events that come from then on. */
export async function updateWebhook(db: Queryable, id: string, change: WebhookChange): Promise<StoredWebhook> {
  const { url, description, eventTypes, enabled } = change;
  const result = await db.query<StoredWebhook>(
    `update webhooks set updated_at = now(), url = coalesce($2, url), description = coalesce($3, description),
       event_types = case when $4 then $5 else event_types end,
       position = case when $6 and not enabled then (select coalesce(max(sequence), 0) from events where project_id = current_project()) else position end,
       disabled_reason = case when $6 is null then disabled_reason end,
       failing_since = case when $6 and not enabled or $2 is not null then null else failing_since end,
       enabled = coalesce($6, enabled)
     where id = $1 returning ${columns}`,
    [id, url ?? null, description ?? null, eventTypes !== undefined, eventTypes ?? null, enabled ?? null],
  );
  return only(result.rows);
}

export async function deleteWebhook(db: Queryable, id: string): Promise<void> {
  await db.query('delete from webhooks where id = $1', [id]);
}

/** The secret becomes the previous one, which signs for another day. Answers until when. */
export async function rotateWebhookSecret(db: Queryable, id: string, secret: Buffer): Promise<Date> {
  const result = await db.query<{ until: Date }>(
    `update webhooks set previous_secret = secret, previous_until = now() + interval '1 day', secret = $2, updated_at = now()
     where id = $1 returning previous_until as until`,
    [id, secret],
  );
  return only(result.rows).until;
}

/** It was not taken, or it was; the service turns it off for `disable`. */
export async function noteWebhookResult(
  db: Queryable,
  id: string,
  result: { readonly taken: boolean; readonly disable?: string },
): Promise<void> {
  await db.query(
    `update webhooks set failing_since = case when $2 then null else coalesce(failing_since, now()) end,
       enabled = enabled and $3::text is null, disabled_reason = coalesce($3, disabled_reason)
     where id = $1 and ($3::text is not null or (failing_since is null) <> $2)`,
    [id, result.taken, result.disable ?? null],
  );
}
