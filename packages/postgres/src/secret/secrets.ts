import type { Queryable } from '../database.ts';
import { secretContexts } from './contexts.ts';
import type { SecretBox } from './secret-box.ts';

/** `owner` is a cluster id, or a project id for what the clusters of a project share. */
export interface SecretKey {
  readonly owner: string;
  readonly kind: string;
}

/** The stored value, or undefined. */
export async function readSecret(db: Queryable, box: SecretBox, key: SecretKey): Promise<string | undefined> {
  const result = await db.query<{ ciphertext: Buffer }>(
    'select ciphertext from secrets where owner = $1 and kind = $2',
    [key.owner, key.kind],
  );
  const row = result.rows[0];
  return row === undefined ? undefined : await box.open(row.ciphertext, secretContexts.secret(key));
}

/** Stores or replaces a value. */
export async function saveSecret(
  db: Queryable,
  box: SecretBox,
  secret: SecretKey & { readonly projectId: string; readonly value: string },
): Promise<void> {
  await db.query(
    `insert into secrets (owner, kind, project_id, ciphertext) values ($1, $2, $3, $4)
     on conflict (owner, kind) do update set ciphertext = excluded.ciphertext, updated_at = now()`,
    [secret.owner, secret.kind, secret.projectId, await box.seal(secret.value, secretContexts.secret(secret))],
  );
}

/** The stored value; when there is none, stores `value` first. Two at once agree on one of their values. */
export async function ensureSecret(
  db: Queryable,
  box: SecretBox,
  secret: SecretKey & { readonly projectId: string; readonly value: string },
): Promise<string> {
  await db.query(
    'insert into secrets (owner, kind, project_id, ciphertext) values ($1, $2, $3, $4) on conflict do nothing',
    [secret.owner, secret.kind, secret.projectId, await box.seal(secret.value, secretContexts.secret(secret))],
  );
  return (await readSecret(db, box, secret)) ?? secret.value;
}

export async function deleteSecrets(db: Queryable, owner: string): Promise<void> {
  await db.query('delete from secrets where owner = $1', [owner]);
}
