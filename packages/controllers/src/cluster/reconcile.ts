import type { Cluster, ClusterAction, ClusterPlan } from '@matryoshka/domain';
import type { WorkResult } from '@matryoshka/kube';
import { stableJson } from '@matryoshka/system';
import { applyAction } from './apply/apply.ts';
import type { ClusterContext } from './context.ts';
import { describeFailure } from './failures.ts';
import { gatherCluster } from './gather/gather.ts';

/** Turns in one go: an action often allows the next one at once, and waiting in between would only cost the customer time. */
const maxTurns = 6;

/**
 * Brings one cluster nearer to what is desired: gather, plan, apply, report, again while a plan has other actions than the one before.
 * The report is always written, also after a failure. Returns when to look again; throws what went wrong after reporting it.
 */
export async function reconcileCluster(
  context: ClusterContext,
  clusterId: string,
  signal: AbortSignal,
): Promise<WorkResult> {
  let done = '';
  for (let turn = 1; ; turn += 1) {
    const cluster = await context.store.load(clusterId);
    if (cluster === undefined) return {};
    const plan = await runTurn(context, cluster, signal);
    if (plan.actions.some(({ type }) => type === 'finishDeletion')) return {};
    const actions = stableJson(plan.actions);
    if (plan.actions.length === 0 || actions === done || turn === maxTurns)
      return { requeueAfterMs: plan.requeueAfterMs };
    done = actions;
  }
}

async function runTurn(context: ClusterContext, cluster: Cluster, signal: AbortSignal): Promise<ClusterPlan> {
  const observed = await gatherCluster(context, cluster, signal);
  const plan = context.plan(cluster, observed, context.now());
  let failure: { readonly error: unknown; readonly action: ClusterAction } | undefined;
  for (const action of plan.actions) {
    context.log.debug({ clusterId: cluster.id, action }, 'action');
    try {
      await applyAction(context, cluster, observed, action, signal);
    } catch (error) {
      failure = { error, action };
      break;
    }
  }
  if (failure !== undefined) {
    const { error, action } = failure;
    context.log.warn({ clusterId: cluster.id, action: action.type, err: error }, 'action failed');
    await context.store.report(cluster, plan, describeFailure(action, error));
    throw error;
  }
  if (!plan.actions.some(({ type }) => type === 'finishDeletion')) await context.store.report(cluster, plan);
  return plan;
}
