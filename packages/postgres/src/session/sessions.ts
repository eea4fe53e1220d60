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
}

export async function insertSession(db: Queryable, tokenHash: Buffer, session: StoredSession): Promise<void> {
  await db.query(
    `insert into sessions (token_hash, project_id, project_name, projects, user_id, user_name, role, is_provider, expires_at)
     values ($1, $2, $3, $4, $5, $6, $7, $8, $9)`,
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
    ],
  );
}

/** Also finds one that has expired, so that the answer can say so. */
export async function findSession(db: Queryable, tokenHash: Buffer): Promise<StoredSession | undefined> {
  const result = await db.query<StoredSession>(
    `select project_id as "projectId", project_name as "projectName", projects, user_id as "userId", user_name as "userName", role,
       is_provider as "isProvider",
       expires_at as "expiresAt" from sessions where token_hash = $1`,
    [tokenHash],
  );
  return result.rows[0];
}

export async function deleteSession(db: Queryable, tokenHash: Buffer): Promise<void> {
  await db.query('delete from sessions where token_hash = $1', [tokenHash]);
}

/**
 * Removes what is of no use any more: sessions a week past their end, tokens 90 days past it, idempotency keys older than a day. Answers how
 * many. What belongs to projects goes by functions of the schema's owner, because row security shows kaas_api one project at a time.
 */
export async function deleteExpired(
  db: Queryable,
): Promise<{ readonly sessions: number; readonly idempotencyKeys: number; readonly tokens: number }> {
  const sessions = await db.query("delete from sessions where expires_at < now() - interval '7 days'");
  const keys = await db.query<{ count: number }>('select delete_expired_idempotency_keys() as count');
  const tokens = await db.query<{ count: number }>('select delete_old_api_tokens() as count');
  return {
    sessions: sessions.rowCount ?? 0,
    idempotencyKeys: keys.rows[0]?.count ?? 0,
    tokens: tokens.rows[0]?.count ?? 0,
  };
}
