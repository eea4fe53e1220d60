import { randomUUID } from 'node:crypto';
import { insertAuditRecord } from '../audit/audit.ts';
import { inTransaction, type Pool, type Queryable } from '../database.ts';
import type { StoredToken } from './tokens.ts';

/** Somebody who has tokens in a project that can still be used. */
export type TokenMaker = Pick<StoredToken, 'userId' | 'userName' | 'projectId'>;

/** Over all projects: for kaas_controller. Not those who came by OpenID Connect, whom Keystone does not know: their tokens end with the member. */
export async function listTokenMakers(db: Queryable): Promise<readonly TokenMaker[]> {
  const result = await db.query<TokenMaker>(
    `select user_id as "userId", project_id as "projectId", max(user_name) as "userName" from api_tokens
     where revoked_at is null and expires_at > now() and member_id is null group by user_id, project_id order by user_id, project_id`,
  );
  return result.rows;
}

/** Ends the maker's tokens of other roles than these; each leaves an audit record that says why. Answers their ids. */
export async function revokeTokensBeyond(
  pool: Pool,
  { userId, userName, projectId }: TokenMaker,
  { allowed, reason }: { readonly allowed: readonly StoredToken['role'][]; readonly reason: string },
): Promise<readonly string[]> {
  return await inTransaction(pool, async (tx) => {
    const { rows } = await tx.query<Pick<StoredToken, 'id' | 'name'>>(
      `update api_tokens set revoked_at = now()
       where user_id = $1 and project_id = $2 and revoked_at is null and expires_at > now() and role <> all ($3)
       returning id, name`,
      [userId, projectId, allowed],
    );
    const requestId = `token-watch-${randomUUID()}`;
    for (const { id, name } of rows)
      await insertAuditRecord(tx, {
        ...{ projectId, userId, userName, requestId, remoteAddress: '' },
        ...{ action: 'token.revoke', resource: id, before: { name, revokedAt: null }, after: { reason } },
      });
    return rows.map(({ id }) => id);
  });
}
