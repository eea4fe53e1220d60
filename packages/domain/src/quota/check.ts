import { collectViolations, type Violation } from '../validation/violations.ts';
import { clusterAmounts, surgeAmounts, workerAmounts } from './demand.ts';
import {
  type Amounts,
  addAmounts,
  type Demand,
  type FlavorSize,
  type ProjectQuota,
  type QuotaResource,
  quotaResources,
} from './model.ts';

/** A cluster as far as quotas are concerned. */
export interface ClusterDemand {
  readonly id: string;
  /** One that is going takes nothing new. */
  readonly deleting: boolean;
  readonly pools: readonly Demand[];
}

/** How a resource of a project stands. */
export interface QuotaState {
  readonly limit: number;
  readonly used: number;
  /** Wanted by clusters that have not taken it yet. */
  readonly promised: number;
  /** Kept free so that the largest of the clusters can be upgraded. */
  readonly upgradeReserve: number;
}

const words: Readonly<Record<QuotaResource, readonly [code: string, noun: string]>> = {
  instances: ['instances', 'servers'],
  cores: ['cores', 'vCPUs'],
  ramMib: ['ram', 'MiB of memory'],
  networks: ['networks', 'networks'],
  subnets: ['subnets', 'subnets'],
  routers: ['routers', 'routers'],
  ports: ['ports', 'ports'],
  securityGroups: ['security_groups', 'security groups'],
  securityGroupRules: ['security_group_rules', 'security group rules'],
  floatingIps: ['floating_ips', 'floating IPs'],
  loadBalancers: ['load_balancers', 'load balancers'],
  volumes: ['volumes', 'volumes'],
  volumeGib: ['volume_gib', 'GiB of volumes'],
};

/** Every limited resource of a project with what is used, promised and reserved. */
export function quotaStates(
  quota: ProjectQuota,
  clusters: readonly ClusterDemand[],
  flavors: readonly FlavorSize[],
): Readonly<Partial<Record<QuotaResource, QuotaState>>> {
  const staying = clusters.filter(({ deleting }) => !deleting);
  const promised = addAmounts(...staying.map((cluster) => notYetTaken(cluster, quota, flavors)));
  const reserve = largest(staying.map(({ pools }) => surgeAmounts(pools, flavors)));
  const states: Partial<Record<QuotaResource, QuotaState>> = {};
  for (const name of quotaResources) {
    const known = quota.limits[name];
    if (known !== undefined)
      states[name] = { ...known, promised: promised[name] ?? 0, upgradeReserve: reserve[name] ?? 0 };
  }
  return states;
}

function notYetTaken(cluster: ClusterDemand, quota: ProjectQuota, flavors: readonly FlavorSize[]): Amounts {
  const wanted = addAmounts(clusterAmounts, workerAmounts(cluster.pools, flavors));
  const taken = quota.clusters[cluster.id] ?? {};
  return eachResource((name) => Math.max(0, (wanted[name] ?? 0) - (taken[name] ?? 0)));
}

/** Upgrades of several clusters at once are the customer's choice; one at a time must always be possible. */
function largest(all: readonly Amounts[]): Amounts {
  return eachResource((name) => Math.max(0, ...all.map((amounts) => amounts[name] ?? 0)));
}

function eachResource(of: (name: QuotaResource) => number): Amounts {
  return Object.fromEntries(quotaResources.map((name) => [name, of(name)]));
}

/** What the pools of a request decide; the rest comes with every cluster. */
const ofWorkers: readonly QuotaResource[] = ['instances', 'cores', 'ramMib', 'ports'];

/**
 * Compares what a request adds with what the project has left in OpenStack, the reserve for upgrades included. `after` are the project's
 * clusters as they would be, `before` as they are. Violations carry `quota_…` codes and say limit and need. What is over a limit already and
 * does not grow is no violation. `pools` is the pointer to what decides the number of workers.
 */
export function checkQuota(
  pools: string,
  change: { readonly before: readonly ClusterDemand[]; readonly after: readonly ClusterDemand[] },
  quota: ProjectQuota,
  flavors: readonly FlavorSize[],
): readonly Violation[] {
  const old = quotaStates(quota, change.before, flavors);
  const next = quotaStates(quota, change.after, flavors);
  return collectViolations((report) => {
    for (const name of quotaResources) {
      const [before, after] = [old[name], next[name]];
      if (before === undefined || after === undefined || after.limit < 0) continue;
      const [needBefore, need] = [total(before), total(after)];
      if (need <= needBefore || need <= after.limit) continue;
      const [code, noun] = words[name];
      const more = after.promised - before.promised;
      const left = Math.max(0, after.limit - before.used - before.promised);
      const reserve = after.upgradeReserve === 0 ? '' : ` and ${after.upgradeReserve} free for upgrades`;
      report(
        ofWorkers.includes(name) ? pools : '',
        `quota_${code}`,
        `needs ${more} ${noun}${reserve}, ${left} of ${after.limit} are left in this project`,
      );
    }
  });
}

/** What the project lacks to have, for a while, the workers with which a cluster replaces those it has. */
export function surgeViolations(
  clusterId: string,
  clusters: readonly ClusterDemand[],
  quota: ProjectQuota,
  flavors: readonly FlavorSize[],
): readonly Violation[] {
  const states = quotaStates(quota, clusters, flavors);
  const surge = surgeAmounts(clusters.find(({ id }) => id === clusterId)?.pools ?? [], flavors);
  return collectViolations((report) => {
    for (const name of quotaResources) {
      const [state, need = 0] = [states[name], surge[name]];
      if (state === undefined || state.limit < 0 || need === 0) continue;
      const left = Math.max(0, state.limit - state.used - state.promised);
      const [code, noun] = words[name];
      if (need > left)
        report(
          '',
          `quota_${code}`,
          `needs ${need} ${noun} for a while, ${left} of ${state.limit} are left in this project`,
        );
    }
  });
}

const total = ({ used, promised, upgradeReserve }: QuotaState): number => used + promised + upgradeReserve;
