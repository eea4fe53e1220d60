import type { Queryable } from '../database.ts';

export interface AuditRecord {
  readonly projectId: string;
  readonly userId: string;
  readonly userName: string;
  /** Id of the operation in the contract, e.g. `cluster.create`. */
  readonly action: string;
  readonly resource: string;
  readonly requestId: string;
  readonly remoteAddress: string;
  readonly before?: unknown;
  readonly after?: unknown;
}

/** Appends to the project's chain; the database gives it its place (migration 0009). */
export async function insertAuditRecord(db: Queryable, record: AuditRecord): Promise<void> {
  await db.query(
    `insert into audit_records (project_id, user_id, user_name, action, resource, request_id, remote_address, before, after)
     values ($1, $2, $3, $4, $5, $6, $7, $8, $9)`,
    [
      record.projectId,
      record.userId,
      record.userName,
      record.action,
      record.resource,
      record.requestId,
      record.remoteAddress,
      record.before === undefined ? null : JSON.stringify(record.before),
      record.after === undefined ? null : JSON.stringify(record.after),
    ],
  );
}
