import { type ClusterPlan, type Condition, deletePhases, type Failure } from '@matryoshka/domain';
import { TypedError } from '@matryoshka/system';
import { inTransaction, type Pool, type Queryable } from '../database.ts';
import { finishReceipt } from '../deletion/receipts.ts';
import { appendEvent } from '../event/append-event.ts';
import { replaceNodes } from '../node/nodes.ts';
import { reportProgress, stable } from '../operation/report-progress.ts';
import { deleteSecrets } from '../secret/secrets.ts';

export interface ClusterReport {
  /** The generation the plan was made for. */
  readonly generation: number;
  readonly plan: ClusterPlan;
  readonly now: Date;
  /** What went wrong in this turn, if anything: the turn is then repeated with growing pauses. */
  readonly error?: Failure;
}

const firstPauseMs = 1_000;
const longestPauseMs = 60_000;

/**
 * Reports one reconciliation: status, conditions, progress of operations, events, and when to look again, in one transaction.
 * Always called, also after an error; `observed_generation` moves only without one. What did not change is not written and makes no event.
 */
export async function reportCluster(pool: Pool, clusterId: string, report: ClusterReport): Promise<void> {
  await inTransaction(pool, async (tx) => {
    const found = await tx.query<{
      project_id: string;
      phase: string;
      conditions: readonly Condition[];
      failures: number;
      name: string;
    }>(
      'select project_id, name, phase, conditions, failures from clusters where id = $1 and deleted_at is null for update',
      [clusterId],
    );
    const row = found.rows[0];
    if (row === undefined) return;
    const { plan, error } = report;
    const failures = error === undefined ? 0 : row.failures + 1;
    const pauseMs = error === undefined ? 0 : Math.min(longestPauseMs, firstPauseMs * 2 ** (failures - 1));
    await tx.query(
      `update clusters set phase = $2, conditions = $3, endpoint = coalesce($4, endpoint), observed_version = $5, pool_status = $6,
         observed_generation = case when $7 then $8 else observed_generation end, failures = $9,
         not_before = now() + $10 * interval '1 millisecond', next_due_at = now() + $11 * interval '1 millisecond',
         certificates = coalesce($12, certificates), keys = $13
       where id = $1`,
      [
        clusterId,
        plan.phase,
        JSON.stringify(plan.conditions),
        plan.endpoint,
        plan.kubernetesVersion,
        JSON.stringify(plan.pools),
        error === undefined,
        report.generation,
        failures,
        pauseMs,
        Math.max(plan.requeueAfterMs, pauseMs),
        plan.certificates === null ? null : JSON.stringify(plan.certificates),
        JSON.stringify(plan.keys),
      ],
    );
    if (plan.nodes !== null) await replaceNodes(tx, { id: clusterId, projectId: row.project_id }, plan.nodes);
    await appendChanges(tx, { id: clusterId, ...row }, plan);
    await reportProgress(tx, {
      clusterId,
      generation: report.generation,
      progress: plan.progress,
      finished: error === undefined && plan.converged,
      blockedBy: error ?? plan.blockedBy,
      now: report.now,
    });
  });
}

interface Before {
  readonly id: string;
  readonly project_id: string;
  readonly name: string;
  readonly phase: string;
  readonly conditions: readonly Condition[];
}

async function appendChanges(tx: Queryable, before: Before, plan: ClusterPlan): Promise<void> {
  const common = { projectId: before.project_id, clusterId: before.id };
  if (before.phase !== plan.phase)
    await appendEvent(tx, { ...common, type: 'cluster.phase', data: { phase: plan.phase, before: before.phase } });
  for (const condition of plan.conditions) {
    const old = before.conditions.find((candidate) => candidate.type === condition.type);
    const essence = (c: Condition | undefined) => stable([c?.status, c?.reason]);
    if (essence(old) !== essence(condition))
      await appendEvent(tx, { ...common, type: 'cluster.condition', data: { condition } });
  }
}

/** The last step of a deletion: secrets erased, row marked deleted, operations ended. Refuses while the ledger has entries, unless the provider ended it. Repeatable. */
export async function removeCluster(pool: Pool, clusterId: string, now: Date): Promise<void> {
  await inTransaction(pool, async (tx) => {
    const found = await tx.query<{ project_id: string; name: string; generation: number; forced: boolean }>(
      `select project_id, name, generation, forced_at is not null as forced from clusters
       where id = $1 and deleted_at is null and delete_requested_at is not null for update`,
      [clusterId],
    );
    const row = found.rows[0];
    if (row === undefined) return;
    const left = await tx.query('select 1 from ledger where cluster_id = $1', [clusterId]);
    if (left.rowCount !== 0 && !row.forced)
      throw new TypedError(`The ledger of ${clusterId} still has ${left.rowCount} entries`, {
        code: 'ledger_not_empty',
        actor: 'us',
      });
    await finishReceipt(tx, clusterId, now);
    await deleteSecrets(tx, clusterId);
    await tx.query('delete from nodes where cluster_id = $1', [clusterId]);
    await tx.query('delete from tenant_stores where cluster_id = $1', [clusterId]);
    await tx.query('delete from repairs where cluster_id = $1', [clusterId]);
    await tx.query('delete from log_exports where cluster_id = $1', [clusterId]);
    // The controller removes them with their files.
    await tx.query("update backups set state = 'deleting' where cluster_id = $1", [clusterId]);
    await tx.query('delete from pools where cluster_id = $1', [clusterId]);
    await tx.query(
      "update clusters set deleted_at = now(), phase = 'deleted', endpoint = null, pool_status = '[]', observed_generation = generation where id = $1",
      [clusterId],
    );
    const message = row.forced ? 'ended by the provider' : 'gone';
    await reportProgress(tx, {
      clusterId,
      generation: row.generation,
      progress: deletePhases.map((name) => ({ name, state: 'done', message, percent: 100 })),
      finished: true,
      blockedBy: null,
      now,
    });
    await appendEvent(tx, {
      projectId: row.project_id,
      clusterId,
      type: 'cluster.deleted',
      data: row.forced ? { name: row.name, forced: true } : { name: row.name },
    });
  });
}
