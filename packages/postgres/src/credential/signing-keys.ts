import type { Queryable } from '../database.ts';
import { secretContexts } from '../secret/contexts.ts';
import type { SecretBox } from '../secret/secret-box.ts';

/** A key of the issuer: its public half as it is published, its private half. */
export interface SigningKey {
  readonly id: string;
  readonly publicJwk: Readonly<Record<string, unknown>>;
  /** PEM, PKCS #8. */
  readonly privateKey: string;
}

/** Any number that nobody else locks. */
const keyLock = 727_311;

/**
 * The key that signs now; `tx` is a transaction. When there is none, or it is older than ninety days, `make` makes another and the old one
 * retires; processes that ask at once agree on one. Verifiers fetch the published keys again when they meet an unknown one (OpenID Connect Core §10.1.1), so a new key may
 * sign at once.
 */
export async function ensureSigningKey(
  tx: Queryable,
  box: SecretBox,
  make: () => Promise<SigningKey>,
): Promise<SigningKey> {
  const found = await currentKey(tx, box);
  if (found !== undefined) return found;
  await tx.query('select pg_advisory_xact_lock($1)', [keyLock]);
  const meanwhile = await currentKey(tx, box);
  if (meanwhile !== undefined) return meanwhile;
  const key = await make();
  await tx.query('update signing_keys set retired_at = now() where retired_at is null');
  await tx.query('insert into signing_keys (id, public_jwk, private_key) values ($1, $2, $3)', [
    key.id,
    JSON.stringify(key.publicJwk),
    await box.seal(key.privateKey, secretContexts.signingKey(key.id)),
  ]);
  return key;
}

async function currentKey(db: Queryable, box: SecretBox): Promise<SigningKey | undefined> {
  const result = await db.query<{ id: string; publicJwk: SigningKey['publicJwk']; privateKey: Buffer }>(
    `select id, public_jwk as "publicJwk", private_key as "privateKey" from signing_keys
     where retired_at is null and created_at > now() - interval '90 days' order by created_at desc, id limit 1`,
  );
  const row = result.rows[0];
  if (row === undefined) return undefined;
  return { ...row, privateKey: await box.open(row.privateKey, secretContexts.signingKey(row.id)) };
}

/** The public halves of all keys that signed something that may still be good, the newest first. */
export async function listPublicKeys(db: Queryable): Promise<readonly Readonly<Record<string, unknown>>[]> {
  const result = await db.query<{ jwk: Readonly<Record<string, unknown>> }>(
    `select public_jwk as jwk from signing_keys where retired_at is null or retired_at > now() - interval '1 hour'
     order by created_at desc, id`,
  );
  return result.rows.map(({ jwk }) => jwk);
}
