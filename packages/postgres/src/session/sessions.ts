import type { Queryable } from '../database.ts';

export interface StoredSession {
  readonly projectId: string;
  readonly projectName: string;
  readonly projects: readonly { readonly id: string; readonly name: string }[];
  readonly userId: string;
  readonly userName: string;
  readonly role: 'viewer' | 'operator' | 'admin';
  readonly isProvider: boolean;
  readonly expiresAt: Date;
  /** The member it hangs on, with whom it ends. */
  readonly memberId: string | null;
}

/** `proof`, sealed: by what it can be asked later whether the login still holds; null: never asked. */
export async function insertSession(
  db: Queryable,
  tokenHash: Buffer,
  session: Omit<StoredSession, 'memberId'> & Partial<Pick<StoredSession, 'memberId'>>,
  proof: Buffer | null = null,
): Promise<void> {
  await db.query(
    `insert into sessions (token_hash, project_id, project_name, projects, user_id, user_name, role, is_provider, expires_at, proof, member_id)
     values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)`,
    [
      tokenHash,
      session.projectId,
      session.projectName,
      JSON.stringify(session.projects),
      session.userId,
      session.userName,
      session.role,
      session.isProvider,
      session.expiresAt,
      proof,
      session.memberId ?? null,
    ],
  );
}

/** Also finds one that has expired, so that the answer can say so. */
export async function findSession(db: Queryable, tokenHash: Buffer): Promise<StoredSession | undefined> {
  const result = await db.query<StoredSession>(
    `select project_id as "projectId", project_name as "projectName", projects, user_id as "userId", user_name as "userName", role,
       is_provider as "isProvider",
       expires_at as "expiresAt", member_id as "memberId" from sessions where token_hash = $1`,
    [tokenHash],
  );
  return result.rows[0];
}

export interface SessionToCheck
  extends Pick<StoredSession, 'projectId' | 'userId' | 'userName' | 'role' | 'isProvider'> {
  readonly tokenHash: Buffer;
  readonly proof: Buffer;
}

/**
 * Sessions that were not looked at for so long, at most `limit`; they count as looked at from now on. Several processes that ask at once get
 * different ones.
 */
export async function claimSessionsToCheck(
  db: Queryable,
  { limit, afterMs }: { readonly limit: number; readonly afterMs: number },
): Promise<readonly SessionToCheck[]> {
  const result = await db.query<SessionToCheck>(
    `update sessions set checked_at = now() where token_hash in (
       select token_hash from sessions
       where proof is not null and expires_at > now() and checked_at <= now() - make_interval(secs => $2)
       order by checked_at limit $1 for update skip locked)
     returning token_hash as "tokenHash", proof, project_id as "projectId", user_id as "userId", user_name as "userName", role,
       is_provider as "isProvider"`,
    [limit, afterMs / 1000],
  );
  return result.rows;
}

export async function deleteSession(db: Queryable, tokenHash: Buffer): Promise<void> {
  await db.query('delete from sessions where token_hash = $1', [tokenHash]);
}

/**
 * Removes what is of no use any more: sessions a week past their end, tokens 90 days past it, idempotency keys older than a day, deliveries of webhooks after thirty. Answers how
 * many. What belongs to projects goes by functions of the schema's owner, because row security shows kaas_api one project at a time.
 */
export async function deleteExpired(db: Queryable): Promise<{
  readonly sessions: number;
  readonly idempotencyKeys: number;
  readonly tokens: number;
  readonly deliveries: number;
}> {
  const sessions = await db.query("delete from sessions where expires_at < now() - interval '7 days'");
  const keys = await db.query<{ count: number }>('select delete_expired_idempotency_keys() as count');
  const tokens = await db.query<{ count: number }>('select delete_old_api_tokens() as count');
  const deliveries = await db.query<{ count: number }>('select delete_old_webhook_deliveries() as count');
  return {
    sessions: sessions.rowCount ?? 0,
    idempotencyKeys: keys.rows[0]?.count ?? 0,
    tokens: tokens.rows[0]?.count ?? 0,
    deliveries: deliveries.rows[0]?.count ?? 0,
  };
}
