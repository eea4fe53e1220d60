import type { Pool } from '../cluster/model.ts';
import type { Actor, Condition } from '../shared/conditions.ts';
import type { UpgradeFacts } from './facts.ts';
import { isOlder, parseVersion } from './version.ts';

/** What stands in the way of an upgrade, or is worth knowing before. */
export const findingCodes = [
  'version_refused',
  'cluster_not_ready',
  'could_not_look',
  'api_removed',
  'api_deprecated',
  'webhook_dead',
  'budget_full',
  'node_not_ready',
  'bare_pods',
  'quota_for_surge',
] as const;
export type FindingCode = (typeof findingCodes)[number];

export interface UpgradeFinding {
  readonly code: FindingCode;
  /** `blocks`: it would fail, or break something; `warns`: it costs time, or somebody should know. */
  readonly severity: 'blocks' | 'warns';
  /** What it is about, e.g. the name of a budget. */
  readonly subject: string;
  readonly message: string;
  readonly actor: Actor;
  readonly next: string;
}

/** What an upgrade does, in its order. */
export interface UpgradeStep {
  readonly kind: 'control-plane' | 'pool';
  readonly name: string;
  readonly from: string;
  readonly to: string;
  /** To be replaced; 0 for a control plane. */
  readonly workers: number;
}

/** The steps from what is wanted to a version: the control plane first, then every pool that is older. */
export function upgradeSteps(
  cluster: { readonly name: string; readonly kubernetesVersion: string; readonly pools: readonly Pool[] },
  to: string,
  withPools: boolean,
): readonly UpgradeStep[] {
  const { name, kubernetesVersion: from } = cluster;
  const plane: readonly UpgradeStep[] = isOlder(from, to)
    ? [{ kind: 'control-plane', name, from, to, workers: 0 }]
    : [];
  const pools = withPools ? cluster.pools.filter((pool) => isOlder(pool.kubernetesVersion, to)) : [];
  return [
    ...plane,
    ...pools.map(
      (pool): UpgradeStep => ({
        kind: 'pool',
        name: pool.name,
        from: pool.kubernetesVersion,
        to,
        workers: pool.count,
      }),
    ),
  ];
}

/** What the state of the cluster says against an upgrade. */
export function stateFindings(
  conditions: readonly Pick<Condition, 'type' | 'status' | 'message' | 'actor'>[],
): readonly UpgradeFinding[] {
  const ready = conditions.find(({ type }) => type === 'Ready');
  if (ready?.status === 'True') return [];
  return [
    {
      code: 'cluster_not_ready',
      severity: 'blocks',
      subject: 'cluster',
      message: `the cluster is not as it should be: ${ready?.message ?? 'nothing is known of it yet'}`,
      actor: ready?.actor ?? 'us',
      next: 'Wait until it is, or have what blocks it removed.',
    },
  ];
}

/** What was found inside the cluster, judged for a version. Workers are only of interest where some are replaced. */
export function factFindings(facts: UpgradeFacts, to: string, replacesWorkers: boolean): readonly UpgradeFinding[] {
  const minor = parseVersion(to)?.minor ?? 0;
  const findings: UpgradeFinding[] = [];
  for (const { api, removedInMinor } of facts.deprecatedApis) {
    const isGone = removedInMinor <= minor;
    findings.push({
      code: isGone ? 'api_removed' : 'api_deprecated',
      severity: isGone ? 'blocks' : 'warns',
      subject: api,
      message: isGone
        ? `${api} is in use, and 1.${minor} does not have it any more`
        : `${api} is in use, and goes with 1.${removedInMinor}`,
      actor: 'user',
      next: 'Find who asks in the audit log (kaas cluster logs --component audit) and move it to the successor.',
    });
  }
  for (const { name, service, resources } of facts.deadWebhooks)
    findings.push({
      code: 'webhook_dead',
      severity: 'blocks',
      subject: name,
      message: `the webhook ${name} has to agree to changes of ${resources}, and nobody answers at ${service}`,
      actor: 'user',
      next: 'Make its pods ready, or delete its configuration.',
    });
  if (!replacesWorkers) return findings;
  for (const { name, pods, healthy } of facts.fullBudgets)
    findings.push({
      code: 'budget_full',
      severity: 'warns',
      subject: name,
      message: `the disruption budget ${name} lets none of its ${pods} pods go (${healthy} are healthy): workers wait for it until their drain timeout`,
      actor: 'user',
      next: 'Run more pods of it, or allow one to be unavailable.',
    });
  for (const { name } of facts.nodes.filter(({ ready }) => !ready))
    findings.push({
      code: 'node_not_ready',
      severity: 'warns',
      subject: name,
      message: `the worker ${name} is not ready: what runs on it cannot be moved in order`,
      actor: 'user',
      next: 'See: kaas node list',
    });
  if (facts.barePods.length > 0)
    findings.push({
      code: 'bare_pods',
      severity: 'warns',
      subject: facts.barePods.slice(0, 3).join(', '),
      message: `${facts.barePods.length} pods belong to nothing that would make them anew when their worker goes`,
      actor: 'user',
      next: 'Run them by a Deployment, a StatefulSet or a Job.',
    });
  return findings;
}
