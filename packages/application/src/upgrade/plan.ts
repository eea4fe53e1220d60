import type { UpgradePlan } from '@matryoshka/contract';
import {
  type Catalogue,
  type Cluster,
  factFindings,
  stateFindings,
  type UpgradeFacts,
  type UpgradeFinding,
  type UpgradeStep,
  upgradeSteps,
  upgradeTargets,
  type Violation,
  validateClusterChange,
} from '@matryoshka/domain';

/** What is known when an upgrade is judged. */
export interface UpgradeInput {
  readonly cluster: Cluster;
  readonly catalogue: Catalogue;
  /** Undefined: the newest that can be reached. */
  readonly version: string | undefined;
  readonly withPools: boolean;
  /** From inside the cluster, or why nobody could look. */
  readonly found: { readonly answer: UpgradeFacts } | { readonly error: string };
  /** What the project lacks to have the workers that stand in for those being replaced. */
  readonly quota: readonly Violation[];
}

/** What an upgrade would do and what stands in its way; blocking things first. Changes nothing. */
export function upgradePlanView(input: UpgradeInput): Omit<UpgradePlan, 'estimate'> {
  const { cluster, catalogue, version, withPools } = input;
  const versions = upgradeTargets(cluster, catalogue);
  const target = version ?? versions[0] ?? newestForPools(cluster, withPools);
  const steps = target === undefined ? [] : upgradeSteps(cluster, target, withPools);
  // Without anything to do nothing is in the way of it, unless somebody names what they want.
  const findings =
    target === undefined || (steps.length === 0 && version === undefined) ? [] : findingsFor(input, target, steps);
  const sorted = findings.toSorted((a, b) => Number(a.severity === 'warns') - Number(b.severity === 'warns'));
  return {
    clusterId: cluster.id,
    from: cluster.kubernetesVersion,
    to: steps.length === 0 && version === undefined ? null : (target ?? null),
    versions: [...versions],
    ready: !sorted.some(({ severity }) => severity === 'blocks'),
    steps: steps.map((step) => ({ ...step })),
    findings: sorted.map((finding) => ({ ...finding })),
  };
}

/** With the control plane at the newest, its pools may still be behind it. */
const newestForPools = ({ kubernetesVersion }: Cluster, withPools: boolean): string | undefined =>
  withPools ? kubernetesVersion : undefined;

function findingsFor(
  { cluster, catalogue, found, quota }: UpgradeInput,
  target: string,
  steps: readonly UpgradeStep[],
): readonly UpgradeFinding[] {
  const replacesWorkers = steps.some(({ kind, workers }) => kind === 'pool' && workers > 0);
  return [
    ...validateClusterChange({ kubernetesVersion: target }, cluster, catalogue).map(
      ({ message, suggestion }): UpgradeFinding => ({
        ...{ code: 'version_refused', severity: 'blocks', subject: target, message, actor: 'user' },
        next: suggestion === undefined ? 'Choose another version: kaas version list' : `Go to ${suggestion}.`,
      }),
    ),
    ...stateFindings(cluster.status.conditions),
    ...('error' in found ? [couldNotLook(found.error)] : factFindings(found.answer, target, replacesWorkers)),
    ...(replacesWorkers ? quota : []).map(
      ({ message }): UpgradeFinding => ({
        ...{ code: 'quota_for_surge', severity: 'blocks', subject: 'quota', message, actor: 'user' },
        next: 'Ask your provider for more, remove what is not needed, or set --max-surge 0 --max-unavailable 1.',
      }),
    ),
  ];
}

const couldNotLook = (why: string): UpgradeFinding => ({
  code: 'could_not_look',
  severity: 'blocks',
  subject: 'cluster',
  message: `nobody could look into the cluster: ${why}`,
  actor: 'provider',
  next: 'Try again in a moment; if it stays so, tell the provider of this cloud.',
});
