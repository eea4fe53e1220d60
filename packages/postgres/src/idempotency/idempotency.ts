import { createHash } from 'node:crypto';
import type { Queryable } from '../database.ts';

export interface IdempotencyScope {
  readonly projectId: string;
  readonly userId: string;
  readonly key: string;
}

export interface StoredAnswer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
}

export type IdempotencyLookup =
  | { readonly state: 'new' }
  | { readonly state: 'running' }
  | { readonly state: 'other-request' }
  | { readonly state: 'replay'; readonly answer: StoredAnswer };

/**
 * First statement of a write with an Idempotency-Key. Takes a lock that ends with the transaction: whoever comes meanwhile sees `running`;
 * after a crash nothing is left of it. Keys are kept for 24 hours.
 */
export async function lookUpIdempotencyKey(
  tx: Queryable,
  scope: IdempotencyScope,
  fingerprint: Buffer,
): Promise<IdempotencyLookup> {
  const digest = createHash('sha256').update([scope.projectId, scope.userId, scope.key].join('\0')).digest();
  const lock = await tx.query<{ got: boolean }>('select pg_try_advisory_xact_lock($1) as got', [
    digest.readBigInt64BE().toString(),
  ]);
  if (lock.rows[0]?.got !== true) return { state: 'running' };
  const values = [scope.projectId, scope.userId, scope.key];
  await tx.query(
    `delete from idempotency_keys where project_id = $1 and user_id = $2 and key = $3 and created_at < now() - interval '24 hours'`,
    values,
  );
  const found = await tx.query<StoredAnswer & { fingerprint: Buffer }>(
    'select fingerprint, status, headers, body from idempotency_keys where project_id = $1 and user_id = $2 and key = $3',
    values,
  );
  const row = found.rows[0];
  if (row === undefined) return { state: 'new' };
  if (!row.fingerprint.equals(fingerprint)) return { state: 'other-request' };
  return { state: 'replay', answer: { status: row.status, headers: row.headers, body: row.body } };
}

/** Keeps the answer, in the transaction of the work itself. */
export async function saveIdempotentAnswer(
  tx: Queryable,
  scope: IdempotencyScope,
  fingerprint: Buffer,
  answer: StoredAnswer,
): Promise<void> {
  await tx.query(
    `insert into idempotency_keys (project_id, user_id, key, fingerprint, status, headers, body) values ($1, $2, $3, $4, $5, $6, $7)`,
    [scope.projectId, scope.userId, scope.key, fingerprint, answer.status, JSON.stringify(answer.headers), answer.body],
  );
}
