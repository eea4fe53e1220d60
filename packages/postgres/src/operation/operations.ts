import type { Operation, OperationKind, OperationState, OperationUndo, Tier } from '@matryoshka/domain';
import type { Queryable } from '../database.ts';
import { type OperationRow, operationColumns, operationOf } from './row.ts';

export interface NewOperation {
  readonly id: string;
  readonly projectId: string;
  readonly clusterId: string;
  readonly kind: OperationKind;
  readonly generation: number;
  readonly message: string;
  readonly requestedBy: string;
  readonly requestId: string;
  /** It waits until then. */
  readonly startsAt?: Date;
  readonly undo?: OperationUndo;
}

export async function insertOperation(db: Queryable, operation: NewOperation): Promise<Operation> {
  await db.query(
    `insert into operations (id, project_id, cluster_id, kind, generation, message, requested_by, request_id, starts_at, expected_at, late_at, undo)
     select $1, $2, $3, $4::text, $5, $6, $7, $8, $9::timestamptz, now() + d.typical, now() + d.slow, $10::jsonb
     from (select 1) one left join operation_durations($4::text, (select tier from clusters where id = $3)) d on $9::timestamptz is null`,
    [
      operation.id,
      operation.projectId,
      operation.clusterId,
      operation.kind,
      operation.generation,
      operation.message,
      operation.requestedBy,
      operation.requestId,
      operation.startsAt ?? null,
      operation.undo === undefined ? null : JSON.stringify(operation.undo),
    ],
  );
  const stored = await getOperation(db, operation.id);
  if (stored === undefined) throw new Error(`operation ${operation.id} vanished`);
  return stored;
}

export async function getOperation(db: Queryable, id: string): Promise<Operation | undefined> {
  const result = await db.query<OperationRow>(`select ${operationColumns} from operations o where o.id = $1`, [id]);
  const row = result.rows[0];
  return row === undefined ? undefined : operationOf(row);
}

export interface OperationFilter {
  readonly clusterId?: string;
  readonly kind?: OperationKind;
  readonly state?: OperationState;
  readonly limit: number;
  /** The last row of the page before. */
  readonly before?: { readonly createdAt: Date; readonly id: string };
}

/** Newest first. */
export async function listOperations(db: Queryable, filter: OperationFilter): Promise<readonly Operation[]> {
  // Times are compared in milliseconds: what a cursor can carry (JavaScript has no microseconds).
  const result = await db.query<OperationRow>(
    `select ${operationColumns} from operations o
     where o.project_id = current_project() and ($2::text is null or o.cluster_id = $2) and ($3::text is null or o.state = $3) and ($6::text is null or o.kind = $6)
       and ($4::timestamptz is null or (date_trunc('milliseconds', o.created_at), o.id) < ($4, $5))
     order by date_trunc('milliseconds', o.created_at) desc, o.id desc limit $1`,
    [
      filter.limit,
      filter.clusterId ?? null,
      filter.state ?? null,
      filter.before?.createdAt ?? null,
      filter.before?.id ?? null,
      filter.kind ?? null,
    ],
  );
  return result.rows.map(operationOf);
}

/** An operation that waited begins, as the one that made `generation`. */
export async function startOperation(db: Queryable, id: string, generation: number, message: string): Promise<void> {
  await db.query(
    `update operations o set starts_at = null, generation = $2, message = $3, began_at = now(),
       expected_at = now() + (select typical from operation_durations(o.kind, c.tier)),
       late_at = now() + (select slow from operation_durations(o.kind, c.tier))
     from clusters c where o.id = $1 and c.id = o.cluster_id`,
    [id, generation, message],
  );
}

/** Ends one operation that something else made pointless. */
export async function supersedeOperation(db: Queryable, id: string, message: string): Promise<void> {
  await db.query(
    `update operations set state = 'superseded', message = $2, error = null, starts_at = null, finished_at = now()
     where id = $1 and state = 'running'`,
    [id, message],
  );
}

/** Ends what runs on a cluster, but for one, because something later made it pointless; answers the ids. */
export async function supersedeOperations(
  db: Queryable,
  clusterId: string,
  message: string,
  but?: string,
): Promise<readonly string[]> {
  const result = await db.query<{ id: string }>(
    `update operations set state = 'superseded', message = $2, error = null, finished_at = now()
     where cluster_id = $1 and state = 'running' and id is distinct from $3 returning id`,
    [clusterId, message, but ?? null],
  );
  return result.rows.map((row) => row.id);
}

/** How long operations of a kind take on clusters of a tier; undefined when too few are known. */
export async function operationDurations(
  db: Queryable,
  kind: OperationKind,
  tier: Tier,
): Promise<{ readonly typicalSeconds: number; readonly slowSeconds: number; readonly known: number } | undefined> {
  const result = await db.query<{ typicalSeconds: number; slowSeconds: number; known: number }>(
    `select extract(epoch from typical)::float8 as "typicalSeconds", extract(epoch from slow)::float8 as "slowSeconds", known
     from operation_durations($1, $2)`,
    [kind, tier],
  );
  return result.rows[0];
}
