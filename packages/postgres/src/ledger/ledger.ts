import type { LedgerEntry, LedgerKey, LedgerKind } from '@matryoshka/domain';
import type { Queryable } from '../database.ts';

/** Writes the row that must exist before the external object does; writing it again changes nothing. */
export async function addLedgerEntry(db: Queryable, clusterId: string, key: LedgerKey): Promise<void> {
  await db.query('insert into ledger (cluster_id, kind, name) values ($1, $2, $3) on conflict do nothing', [
    clusterId,
    key.kind,
    key.name,
  ]);
}

/** Notes the id that the other system gave. */
export async function setLedgerExternalId(
  db: Queryable,
  clusterId: string,
  key: LedgerKey,
  externalId: string,
): Promise<void> {
  await db.query('update ledger set external_id = $4 where cluster_id = $1 and kind = $2 and name = $3', [
    clusterId,
    key.kind,
    key.name,
    externalId,
  ]);
}

/** Removes the row; only after the deletion of the object was observed. */
export async function removeLedgerEntry(db: Queryable, clusterId: string, key: LedgerKey): Promise<void> {
  await db.query('delete from ledger where cluster_id = $1 and kind = $2 and name = $3', [
    clusterId,
    key.kind,
    key.name,
  ]);
}

export async function listLedger(db: Queryable, clusterId: string): Promise<readonly LedgerEntry[]> {
  const result = await db.query<{ kind: LedgerKind; name: string; external_id: string | null; created_at: Date }>(
    'select kind, name, external_id, created_at from ledger where cluster_id = $1 order by created_at, kind, name',
    [clusterId],
  );
  return result.rows.map((row) => ({
    kind: row.kind,
    name: row.name,
    externalId: row.external_id,
    createdAt: row.created_at,
  }));
}
