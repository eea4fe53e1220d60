import { type Amounts, addAmounts, type Demand, type FlavorSize } from './model.ts';

/**
 * What every cluster takes, whatever its pools: counted on a cluster that Cluster API's OpenStack provider made, with its two managed
 * security groups. Ports: the router's and that of DHCP.
 */
export const clusterAmounts: Amounts = {
  networks: 1,
  subnets: 1,
  routers: 1,
  ports: 2,
  securityGroups: 2,
  securityGroupRules: 15,
};

/** What workers take. A flavor that is not known counts as a server without size: it is refused elsewhere. */
export function workerAmounts(
  demands: readonly Pick<Demand, 'flavor' | 'count'>[],
  flavors: readonly FlavorSize[],
): Amounts {
  return addAmounts(
    ...demands.map(({ flavor, count }) => {
      const size = flavors.find(({ name }) => name === flavor);
      const servers = Math.max(0, count);
      return {
        instances: servers,
        cores: servers * (size?.vcpus ?? 0),
        ramMib: servers * (size?.ramMib ?? 0),
        ports: servers,
      };
    }),
  );
}

/** What an upgrade of a cluster takes on top when all its pools roll at once. */
export function surgeAmounts(pools: readonly Demand[], flavors: readonly FlavorSize[]): Amounts {
  return workerAmounts(
    pools.map(({ flavor, count, rollout }) => ({ flavor, count: Math.min(count, rollout.maxSurge) })),
    flavors,
  );
}
