import type {
  Failure,
  Operation,
  OperationKind,
  OperationPhase,
  OperationState,
  OperationUndo,
} from '@matryoshka/domain';

export const operationColumns = `
  o.id, o.project_id, o.cluster_id, (select c.name from clusters c where c.id = o.cluster_id) as cluster_name, o.kind, o.state,
  o.generation, o.phases, o.percent, o.message, o.error, o.requested_by, o.starts_at, o.expected_at, o.late_at, o.undo, o.created_at, o.finished_at`;

export interface OperationRow {
  readonly id: string;
  readonly project_id: string;
  readonly cluster_id: string;
  readonly cluster_name: string;
  readonly kind: OperationKind;
  readonly state: OperationState;
  readonly generation: number;
  readonly phases: readonly OperationPhase[];
  readonly percent: number;
  readonly message: string;
  readonly error: Failure | null;
  readonly requested_by: string;
  readonly starts_at: Date | null;
  readonly expected_at: Date | null;
  readonly late_at: Date | null;
  readonly undo: OperationUndo | null;
  readonly created_at: Date;
  readonly finished_at: Date | null;
}

export function operationOf(row: OperationRow): Operation {
  return {
    id: row.id,
    projectId: row.project_id,
    clusterId: row.cluster_id,
    clusterName: row.cluster_name,
    kind: row.kind,
    state: row.state,
    generation: row.generation,
    phases: row.phases,
    percent: row.percent,
    message: row.message,
    error: row.error,
    undo: row.undo,
    requestedBy: row.requested_by,
    startsAt: row.starts_at,
    expectedAt: row.expected_at,
    lateAt: row.late_at,
    createdAt: row.created_at,
    finishedAt: row.finished_at,
  };
}
