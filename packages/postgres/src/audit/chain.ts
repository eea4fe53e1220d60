import type { Queryable } from '../database.ts';

/** A link of a project's chain. `payload` is the text that is hashed: the record as JSON. Hashes are in hexadecimal. */
export interface AuditLink {
  readonly sequence: number;
  readonly payload: string;
  readonly previous: string;
  readonly hash: string;
}

export interface AuditFilter {
  readonly userId?: string;
  readonly action?: string;
  readonly resource?: string;
  readonly from?: Date;
  readonly to?: Date;
}

const columns = "sequence, payload, encode(previous, 'hex') as previous, encode(hash, 'hex') as hash";

/** Newest first, before a sequence number. */
export async function listAuditRecords(
  db: Queryable,
  options: AuditFilter & { readonly limit: number; readonly before?: number },
): Promise<readonly AuditLink[]> {
  const result = await db.query<AuditLink>(
    `select ${columns} from audit_records
     where project_id = current_project() and ($2::bigint is null or sequence < $2) and ($3::text is null or user_id = $3) and ($4::text is null or action = $4)
       and ($5::text is null or resource = $5) and ($6::timestamptz is null or at >= $6) and ($7::timestamptz is null or at < $7)
     order by sequence desc limit $1`,
    [
      options.limit,
      options.before ?? null,
      options.userId ?? null,
      options.action ?? null,
      options.resource ?? null,
      options.from ?? null,
      options.to ?? null,
    ],
  );
  return result.rows;
}

/** Oldest first, after a sequence number. */
export async function exportAuditRecords(
  db: Queryable,
  options: { readonly limit: number; readonly after: number },
): Promise<readonly AuditLink[]> {
  const result = await db.query<AuditLink>(
    `select ${columns} from audit_records where project_id = current_project() and sequence > $2 order by sequence limit $1`,
    [options.limit, options.after],
  );
  return result.rows;
}

export interface AuditVerdict {
  readonly records: number;
  readonly head: { readonly sequence: number; readonly hash: string } | null;
  /** The first thing that is wrong; null: the chain is whole. */
  readonly fault: { readonly sequence: number; readonly kind: 'changed' | 'missing' | 'relinked' | 'truncated' } | null;
}

/** Walks the chain of the project that the transaction sees, in one look. */
export async function verifyAuditChain(db: Queryable, projectId: string): Promise<AuditVerdict> {
  const result = await db.query<{
    records: number;
    last: number | null;
    last_hash: string | null;
    head: number | null;
    head_hash: string | null;
    fault: number | null;
    kind: 'changed' | 'missing' | 'relinked' | null;
  }>(
    `with links as (
       select sequence, previous, hash, payload = audit_payload(r) and sha256(previous || convert_to(payload, 'UTF8')) = hash as is_intact,
         lag(sequence, 1, 0::bigint) over w as sequence_before, lag(hash, 1, decode(repeat('00', 32), 'hex')) over w as hash_before
       from audit_records r where project_id = $1 window w as (order by sequence)
     ), faults as (
       select case when sequence <> sequence_before + 1 then sequence_before + 1 else sequence end as sequence,
         case when sequence <> sequence_before + 1 then 'missing' when not is_intact then 'changed' else 'relinked' end as kind
       from links where sequence <> sequence_before + 1 or not is_intact or previous <> hash_before order by links.sequence limit 1
     ), last as (select sequence, hash from links order by sequence desc limit 1)
     select (select count(*) from links) as records, (select sequence from last) as last, (select encode(hash, 'hex') from last) as last_hash,
       h.sequence as head, encode(h.hash, 'hex') as head_hash, f.sequence as fault, f.kind
     from (select 1) one left join audit_heads h on h.project_id = $1 left join faults f on true`,
    [projectId],
  );
  const row = result.rows[0];
  if (row === undefined) throw new Error('the look at the audit chain answered nothing');
  const head = row.head === null ? null : { sequence: row.head, hash: row.head_hash ?? '' };
  const common = { records: row.records, head };
  if (row.fault !== null && row.kind !== null) return { ...common, fault: { sequence: row.fault, kind: row.kind } };
  const endsAtHead = row.last === row.head && row.last_hash === row.head_hash;
  // Without a head there must be no record either.
  return { ...common, fault: endsAtHead ? null : { sequence: (row.last ?? 0) + 1, kind: 'truncated' } };
}
