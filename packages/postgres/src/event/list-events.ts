import type { Queryable } from '../database.ts';

export interface StoredEvent {
  readonly sequence: number;
  readonly type: string;
  readonly at: Date;
  readonly clusterId: string | null;
  readonly operationId: string | null;
  readonly data: Readonly<Record<string, unknown>>;
}

export interface EventFilter {
  readonly clusterId?: string;
  readonly operationId?: string;
}

/** Events after a sequence number, oldest first. Following the numbers misses none (docs/adr/0004). */
export async function listEvents(
  db: Queryable,
  after: number,
  limit: number,
  filter: EventFilter = {},
): Promise<readonly StoredEvent[]> {
  const result = await db.query<{
    sequence: number;
    type: string;
    at: Date;
    cluster_id: string | null;
    operation_id: string | null;
    data: Record<string, unknown>;
  }>(
    `select sequence, type, at, cluster_id, operation_id, data from events
     where project_id = current_project() and sequence > $1 and ($3::text is null or cluster_id = $3) and ($4::text is null or operation_id = $4)
     order by sequence limit $2`,
    [after, limit, filter.clusterId ?? null, filter.operationId ?? null],
  );
  return result.rows.map((row) => ({
    sequence: row.sequence,
    type: row.type,
    at: row.at,
    clusterId: row.cluster_id,
    operationId: row.operation_id,
    data: row.data,
  }));
}

/** The number of the newest event one may see; 0 when there is none. */
export async function lastEventSequence(db: Queryable): Promise<number> {
  const result = await db.query<{ last: number }>(
    'select coalesce(max(sequence), 0) as last from events where project_id = current_project()',
  );
  return result.rows[0]?.last ?? 0;
}
