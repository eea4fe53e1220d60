import { collectViolations, type Violation } from '../validation/violations.ts';

export interface FlavorSize {
  readonly name: string;
  readonly vcpus: number;
  readonly ramMib: number;
}

interface Amount {
  /** -1 = unlimited. */
  readonly limit: number;
  readonly used: number;
}

export interface ProjectQuota {
  readonly instances: Amount;
  readonly cores: Amount;
  readonly ramMib: Amount;
}

export interface Demand {
  readonly flavor: string;
  readonly count: number;
}

/**
 * Compares what a request adds with what the project has left in Nova. `pending` are workers already promised that Nova does not count yet.
 * Violations carry `quota_…` codes and say limit, use and need.
 */
export function checkQuota(
  pointer: string,
  added: readonly Demand[],
  pending: readonly Demand[],
  quota: ProjectQuota,
  flavors: readonly FlavorSize[],
): readonly Violation[] {
  const sum = (demands: readonly Demand[], of: (flavor: FlavorSize) => number): number =>
    demands.reduce((total, demand) => {
      const flavor = flavors.find((candidate) => candidate.name === demand.flavor);
      return total + (flavor === undefined ? 0 : of(flavor) * Math.max(0, demand.count));
    }, 0);
  const resources = [
    ['instances', 'servers', () => 1],
    ['cores', 'vCPUs', (flavor: FlavorSize) => flavor.vcpus],
    ['ramMib', 'MiB of memory', (flavor: FlavorSize) => flavor.ramMib],
  ] as const;
  return collectViolations((report) => {
    for (const [name, unit, of] of resources) {
      const { limit, used } = quota[name];
      const need = sum(added, of);
      const promised = sum(pending, of);
      if (limit >= 0 && need > 0 && used + promised + need > limit)
        report(
          pointer,
          `quota_${name === 'ramMib' ? 'ram' : name}`,
          `needs ${need} ${unit}, ${Math.max(0, limit - used - promised)} of ${limit} are left in this project`,
        );
    }
  });
}
