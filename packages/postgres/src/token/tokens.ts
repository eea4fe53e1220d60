import type { Queryable } from '../database.ts';

export interface StoredToken {
  readonly id: string;
  readonly projectId: string;
  readonly projectName: string;
  readonly userId: string;
  readonly userName: string;
  readonly name: string;
  readonly role: 'viewer' | 'operator' | 'admin';
  /** Null: all clusters of the project. */
  readonly clusterIds: readonly string[] | null;
  readonly createdAt: Date;
  readonly expiresAt: Date;
  readonly lastUsedAt: Date | null;
  readonly revokedAt: Date | null;
  /** The member whose login made it, with whom it ends. */
  readonly memberId: string | null;
}

const columns = `id, project_id as "projectId", project_name as "projectName", user_id as "userId", user_name as "userName", name, role,
  cluster_ids as "clusterIds", created_at as "createdAt", expires_at as "expiresAt", last_used_at as "lastUsedAt",
  revoked_at as "revokedAt", member_id as "memberId"`;

export async function insertToken(
  db: Queryable,
  hash: Buffer,
  token: Omit<StoredToken, 'createdAt' | 'lastUsedAt' | 'revokedAt' | 'memberId'> &
    Partial<Pick<StoredToken, 'memberId'>>,
): Promise<StoredToken> {
  const result = await db.query<StoredToken>(
    `insert into api_tokens (id, project_id, project_name, user_id, user_name, name, role, cluster_ids, token_hash, expires_at, member_id)
     values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11) returning ${columns}`,
    [
      token.id,
      token.projectId,
      token.projectName,
      token.userId,
      token.userName,
      token.name,
      token.role,
      token.clusterIds,
      hash,
      token.expiresAt,
      token.memberId ?? null,
    ],
  );
  const [row] = result.rows;
  if (row === undefined) throw new Error('the token vanished');
  return row;
}

/** By the hash of what somebody showed, in any project; also one that has expired or was revoked, so that the answer can say so. */
export async function findTokenByHash(db: Queryable, hash: Buffer): Promise<StoredToken | undefined> {
  return (await db.query<StoredToken>(`select ${columns} from find_api_token($1)`, [hash])).rows[0];
}

/** Notes that a token is used; at most once a minute. */
export async function touchToken(db: Queryable, hash: Buffer): Promise<void> {
  await db.query('select touch_api_token($1)', [hash]);
}

/** A token of the project; with `userId` only when it is that user's. */
export async function getToken(db: Queryable, id: string, userId?: string): Promise<StoredToken | undefined> {
  const result = await db.query<StoredToken>(
    `select ${columns} from api_tokens where id = $1 and ($2::text is null or user_id = $2)`,
    [id, userId ?? null],
  );
  return result.rows[0];
}

/** Newest first, before one of them; with `userId` that user's only. */
export async function listTokens(
  db: Queryable,
  options: {
    readonly limit: number;
    readonly userId?: string;
    readonly before?: { readonly createdAt: Date; readonly id: string };
  },
): Promise<readonly StoredToken[]> {
  // Times are compared in milliseconds: what a cursor can carry.
  const result = await db.query<StoredToken>(
    `select ${columns} from api_tokens
     where ($2::text is null or user_id = $2)
       and ($3::timestamptz is null or (date_trunc('milliseconds', created_at), id) < ($3, $4))
     order by date_trunc('milliseconds', created_at) desc, id desc limit $1`,
    [options.limit, options.userId ?? null, options.before?.createdAt ?? null, options.before?.id ?? null],
  );
  return result.rows;
}

/** How many tokens of a user in the project can still be used. */
export async function countUsableTokens(db: Queryable, userId: string): Promise<number> {
  const result = await db.query<{ count: number }>(
    'select count(*) as count from api_tokens where user_id = $1 and revoked_at is null and expires_at > now()',
    [userId],
  );
  return result.rows[0]?.count ?? 0;
}

/** From now on it is of no use; the first time counts. */
export async function revokeToken(db: Queryable, id: string): Promise<void> {
  await db.query('update api_tokens set revoked_at = coalesce(revoked_at, now()) where id = $1', [id]);
}
