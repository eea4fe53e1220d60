import type { Queryable } from '../database.ts';

export interface NewEvent {
  readonly projectId: string;
  readonly clusterId?: string;
  readonly operationId?: string;
  readonly type: string;
  readonly data: Readonly<Record<string, unknown>>;
}

/** Appends to the event log in the caller's transaction; its sequence number is given at commit (docs/adr/0004). */
export async function appendEvent(db: Queryable, event: NewEvent): Promise<void> {
  await db.query('insert into events (project_id, cluster_id, operation_id, type, data) values ($1, $2, $3, $4, $5)', [
    event.projectId,
    event.clusterId ?? null,
    event.operationId ?? null,
    event.type,
    JSON.stringify(event.data),
  ]);
}
