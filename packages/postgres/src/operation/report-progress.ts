import { type Failure, mergePhases, type OperationPhase, overallPercent, type PhaseProgress } from '@matryoshka/domain';
import type { Queryable } from '../database.ts';
import { appendEvent } from '../event/append-event.ts';
import { type OperationRow, operationColumns } from './row.ts';

export interface ProgressReport {
  readonly clusterId: string;
  /** Operations of later generations have not begun for whom reports: what they want is not there although everything looks done. */
  readonly generation: number;
  readonly progress: readonly PhaseProgress[];
  readonly finished: boolean;
  readonly blockedBy: Failure | null;
  readonly now: Date;
}

/** Writes progress into every running operation of a cluster and ends those that are done; writes nothing when nothing changed. */
export async function reportProgress(tx: Queryable, report: ProgressReport): Promise<void> {
  const running = await tx.query<OperationRow>(
    `select ${operationColumns} from operations o where o.cluster_id = $1 and o.state = 'running' and o.starts_at is null and o.generation <= $2
     order by o.id for update`,
    [report.clusterId, report.generation],
  );
  for (const operation of running.rows) await reportOne(tx, operation, report);
}

async function reportOne(tx: Queryable, operation: OperationRow, report: ProgressReport): Promise<void> {
  const { finished } = report;
  const phases = mergePhases(operation.phases, report.progress, report.now);
  const next = {
    state: finished ? 'succeeded' : 'running',
    percent: finished ? 100 : Math.min(99, overallPercent(phases)),
    message: finished ? 'done' : (report.blockedBy?.message ?? currentMessage(phases)),
    error: finished ? null : report.blockedBy,
  };
  const before = {
    state: operation.state,
    percent: operation.percent,
    message: operation.message,
    error: operation.error,
  };
  // jsonb orders keys its own way, so both sides are compared in one order.
  if (stable(next) === stable(before) && stable(phases) === stable(operation.phases)) return;
  await tx.query(
    `update operations set state = $2, percent = $3, message = $4, error = $5, phases = $6, finished_at = $7 where id = $1`,
    [
      operation.id,
      next.state,
      next.percent,
      next.message,
      next.error === null ? null : JSON.stringify(next.error),
      JSON.stringify(phases),
      finished ? report.now : null,
    ],
  );
  await appendEvent(tx, {
    projectId: operation.project_id,
    clusterId: operation.cluster_id,
    operationId: operation.id,
    type: finished ? 'operation.finished' : 'operation.progress',
    data: { ...next, kind: operation.kind, phases },
  });
}

function currentMessage(phases: readonly OperationPhase[]): string {
  const open = phases.find((phase) => phase.state === 'running') ?? phases.find((phase) => phase.state === 'pending');
  return open === undefined ? 'finishing' : `${open.name}: ${open.message}`;
}

/** JSON with sorted keys, so that two values can be compared as text. */
export function stable(value: unknown): string {
  return JSON.stringify(value, (_key, inner: unknown) =>
    inner !== null && typeof inner === 'object' && !Array.isArray(inner) && !(inner instanceof Date)
      ? Object.fromEntries(Object.entries(inner).sort(([a], [b]) => (a < b ? -1 : 1)))
      : inner,
  );
}
