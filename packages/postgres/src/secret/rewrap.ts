import type { Pool, Queryable } from '../database.ts';
import { secretContexts } from './contexts.ts';
import type { SecretBox } from './secret-box.ts';

interface Row {
  readonly key: string;
  readonly sealed: Buffer;
}

/** A column with sealed values: how a row is named in one text, and found again by that text ($1). */
interface Place {
  readonly table: string;
  readonly column: string;
  readonly key: string;
  readonly found: string;
  readonly context: (key: string) => string;
}

const byId = { key: 'id', found: 'id = $1' };
const places: readonly Place[] = [
  {
    table: 'secrets',
    column: 'ciphertext',
    key: "owner || '/' || kind",
    found: "owner = split_part($1, '/', 1) and kind = split_part($1, '/', 2)",
    context: (key) => key,
  },
  { table: 'signing_keys', column: 'private_key', ...byId, context: secretContexts.signingKey },
  { table: 'webhooks', column: 'secret', ...byId, context: secretContexts.webhook },
  { table: 'webhooks', column: 'previous_secret', ...byId, context: secretContexts.webhook },
  { table: 'log_exports', column: 'secret', ...byId, context: secretContexts.logExport },
  {
    table: 'sessions',
    column: 'proof',
    key: "encode(token_hash, 'hex')",
    found: "token_hash = decode($1, 'hex')",
    context: (hash) => secretContexts.proof(Buffer.from(hash, 'hex')),
  },
];
const batch = 100;

export interface Rewrapped {
  readonly rewrapped: number;
  /** Where, for those that no key of ours opens. */
  readonly unreadable: readonly string[];
}

/**
 * Puts every sealed value under the key that seals now, so that the others can go; answers kept for `Idempotency-Key` are not among them, they
 * end by themselves after a day. For kaas_controller. May be broken off, repeated and done by several at once.
 */
export async function rewrapSecrets(pool: Pool, box: SecretBox, signal?: AbortSignal): Promise<Rewrapped> {
  const prefix = await box.prefix();
  let rewrapped = 0;
  const unreadable: string[] = [];
  for (const place of places) {
    let after = '';
    for (;;) {
      signal?.throwIfAborted();
      const rows = await rowsOf(pool, place, { prefix, after });
      for (const row of rows) {
        const outcome = await rewrap(pool, box, place, row);
        if (outcome === 'unreadable') unreadable.push(`${place.table}.${place.column} ${place.context(row.key)}`);
        else if (outcome === 'done') rewrapped += 1;
      }
      const last = rows.at(-1);
      if (last === undefined || rows.length < batch) break;
      after = last.key;
    }
  }
  return { rewrapped, unreadable };
}

async function rowsOf(
  pool: Pool,
  { table, column, key }: Place,
  { prefix, after }: { readonly prefix: Buffer; readonly after: string },
): Promise<readonly Row[]> {
  const { rows } = await pool.query<Row>(
    `select ${key} as key, ${column} as sealed from ${table}
     where ${column} is not null and substring(${column} from 1 for ${prefix.length}) <> $1 and ${key} > $2
     order by ${key} limit ${batch}`,
    [prefix, after],
  );
  return rows;
}

async function rewrap(
  pool: Pool,
  box: SecretBox,
  { table, column, found, context }: Place,
  row: Row,
): Promise<'done' | 'changed' | 'unreadable'> {
  let fresh: Buffer;
  try {
    fresh = await box.rewrap(row.sealed, context(row.key));
  } catch {
    return 'unreadable';
  }
  // Only if nobody has changed it meanwhile: whoever did used the key of now.
  const sql = `update ${table} set ${column} = $3 where ${found} and ${column} = $2`;
  return (await pool.query(sql, [row.key, row.sealed, fresh])).rowCount === 1 ? 'done' : 'changed';
}

/** What is under another key than the one that seals now. */
export interface UnderOtherKeys {
  /** Those that `rewrapSecrets` will put under it. */
  readonly values: number;
  /** Answers kept for `Idempotency-Key`, which end by themselves after a day. */
  readonly answers: number;
}

/** Counts what does not begin with `prefix` (`SecretBox.prefix`): as long as there is some, an older key must stay. For the owner of the schema. */
export async function countUnderOtherKeys(db: Queryable, prefix: Buffer): Promise<UnderOtherKeys> {
  const counts = places.map(
    ({ table, column }) =>
      `(select count(*) from ${table} where ${column} is not null and substring(${column} from 1 for $2) <> $1)`,
  );
  // A sealed answer is base64 of something that begins with 1 or 2, so with an A; every other is JSON, or empty.
  const { rows } = await db.query<UnderOtherKeys>(
    `select (${counts.join(' + ')})::int as values,
       (select count(*)::int from idempotency_keys where case when body like 'A%' then substring(decode(body, 'base64') from 1 for $2) <> $1 end) as answers`,
    [prefix, prefix.length],
  );
  const [found] = rows;
  if (found === undefined) throw new Error('a count has no row');
  return found;
}
