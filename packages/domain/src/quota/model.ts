/** What OpenStack limits in a project, in our words. */
export const quotaResources = [
  'instances',
  'cores',
  'ramMib',
  'networks',
  'subnets',
  'routers',
  'ports',
  'securityGroups',
  'securityGroupRules',
  'floatingIps',
  'loadBalancers',
  'volumes',
  'volumeGib',
] as const;
export type QuotaResource = (typeof quotaResources)[number];

/** An amount of some of the resources. */
export type Amounts = Readonly<Partial<Record<QuotaResource, number>>>;

export interface Limit {
  /** -1 = unlimited, as in OpenStack. */
  readonly limit: number;
  readonly used: number;
}

/** The quota of a project as it was seen at one moment. A resource that is absent is not limited here, or could not be read. */
export interface ProjectQuota {
  readonly limits: Readonly<Partial<Record<QuotaResource, Limit>>>;
  /**
   * What of `used` belonged to which cluster in that very moment. Only with it can be told what a cluster was promised and has not yet taken:
   * a machine that appeared since is neither in `used` nor here.
   */
  readonly clusters: Readonly<Record<string, Amounts>>;
}

export interface FlavorSize {
  readonly name: string;
  readonly vcpus: number;
  readonly ramMib: number;
}

/** Workers of one flavor. */
export interface Demand {
  readonly flavor: string;
  readonly count: number;
  readonly rollout: { readonly maxSurge: number };
}

/** The sum of amounts. */
export function addAmounts(...all: readonly Amounts[]): Amounts {
  const sum: Partial<Record<QuotaResource, number>> = {};
  for (const amounts of all)
    for (const name of quotaResources) {
      const amount = amounts[name];
      if (amount !== undefined) sum[name] = (sum[name] ?? 0) + amount;
    }
  return sum;
}
