import { checkAutoscaling, mostWorkers } from '../autoscaling/settings.ts';
import { checkRollout } from '../upgrade/rollout.ts';
import { checkControlPlaneVersion, checkPoolVersion, type VersionedCluster } from '../upgrade/rules.ts';
import { isOlder } from '../upgrade/version.ts';
import { formatCidr, isPrivate, overlaps, parseCidr } from '../validation/cidr.ts';
import { checkLabels, checkName, checkTaints, isRecord, quote } from '../validation/kubernetes-syntax.ts';
import { collectViolations, nearest, type Report, type Violation } from '../validation/violations.ts';
import { defaultNetwork, defaultRollout, type Pool, tiers } from './model.ts';

/** What the provider offers, read in the same transaction. */
export interface Catalogue {
  readonly versions: readonly {
    readonly version: string;
    readonly state: 'offered' | 'deprecated' | 'withdrawn';
    readonly hasImage: boolean;
    /** For clusters that name none. */
    readonly isDefault?: boolean;
  }[];
  readonly flavors: readonly string[];
}

export interface Limits {
  readonly maxNodesPerCluster: number;
  readonly maxPoolsPerCluster: number;
  readonly maxClustersPerProject: number;
  /** Ranges that clusters must leave alone: the provider's own networks. */
  readonly reservedCidrs: readonly string[];
}

export const defaultLimits: Limits = {
  maxNodesPerCluster: 50,
  maxPoolsPerCluster: 10,
  maxClustersPerProject: 20,
  reservedCidrs: ['172.29.0.0/20', '169.254.0.0/16'],
};

export const maxClusterNameLength = 40;
export const maxPoolNameLength = 20;

/** Every rule that a new cluster breaks. Takes anything: members of a wrong type are left to the check of the shape. */
export function validateNewCluster(input: unknown, catalogue: Catalogue, limits: Limits): readonly Violation[] {
  return collectViolations((report) => {
    if (!isRecord(input)) return;
    if (typeof input.name === 'string') checkName(report, '/name', input.name, maxClusterNameLength);
    if (typeof input.kubernetesVersion === 'string')
      checkVersion(report, '/kubernetesVersion', input.kubernetesVersion, catalogue);
    if (typeof input.tier === 'string') checkTier(report, input.tier);
    checkClusterLabels(report, input.labels);
    checkNetwork(report, input.network, limits);
    const controlPlane = typeof input.kubernetesVersion === 'string' ? input.kubernetesVersion : defaultOf(catalogue);
    if (Array.isArray(input.pools)) checkPools(report, input.pools, { catalogue, limits, controlPlane });
  });
}

const defaultOf = ({ versions }: Catalogue): string | undefined =>
  (versions.find(({ isDefault }) => isDefault === true) ?? versions[0])?.version;

/** Rules for a change of a cluster; `catalogue` is needed where it names a version. */
export function validateClusterChange(
  input: unknown,
  cluster: VersionedCluster,
  catalogue: Catalogue | undefined,
): readonly Violation[] {
  return collectViolations((report) => {
    if (!isRecord(input)) return;
    if (typeof input.tier === 'string') checkTier(report, input.tier);
    checkClusterLabels(report, input.labels);
    const { kubernetesVersion: version } = input;
    if (typeof version !== 'string' || version === cluster.kubernetesVersion || catalogue === undefined) return;
    checkVersion(report, '/kubernetesVersion', version, catalogue);
    checkControlPlaneVersion(report, '/kubernetesVersion', version, cluster, usableVersions(catalogue));
  });
}

/** So many are more than anybody reads. */
const mostLabels = 64;

function checkClusterLabels(report: Report, labels: unknown): void {
  checkLabels(report, '/labels', labels);
  if (isRecord(labels) && Object.keys(labels).length > mostLabels)
    report('/labels', 'too_many_labels', `at most ${mostLabels}`);
}

/** Versions to which a control plane can go from where it is, newest first. */
export function upgradeTargets(cluster: VersionedCluster, catalogue: Catalogue): readonly string[] {
  return usableVersions(catalogue)
    .filter((version) => version !== cluster.kubernetesVersion)
    .filter((version) => validateClusterChange({ kubernetesVersion: version }, cluster, catalogue).length === 0)
    .toSorted((a, b) => (isOlder(a, b) ? 1 : -1));
}

export interface PoolRules {
  readonly catalogue: Catalogue;
  readonly limits: Limits;
  /** Version that is wanted of the control plane; undefined: there is none to be held against. */
  readonly controlPlane: string | undefined;
}

/** Rules for a pool added to a cluster that has others. */
export function validateNewPool(
  input: unknown,
  others: readonly { readonly count: number }[],
  { catalogue, limits, controlPlane }: PoolRules,
): readonly Violation[] {
  return collectViolations((report) => {
    if (others.length >= limits.maxPoolsPerCluster)
      report('', 'too_many_pools', `a cluster has at most ${limits.maxPoolsPerCluster} pools`);
    checkPool(report, '', input, { catalogue, controlPlane });
    checkNodeSum(report, '/count', [...others, input], limits);
  });
}

/** Rules for a changed pool; `others` are the cluster's other pools. `catalogue` is needed where another flavor or version is asked for. */
export function validatePoolChange(
  input: unknown,
  before: Pool,
  others: readonly { readonly count: number }[],
  { catalogue, limits, controlPlane }: Omit<PoolRules, 'catalogue'> & { readonly catalogue: Catalogue | undefined },
): readonly Violation[] {
  return collectViolations((report) => {
    if (!isRecord(input)) return;
    checkCount(report, '/count', input.count);
    checkLabels(report, '/labels', input.labels);
    checkTaints(report, '/taints', input.taints);
    checkRollout(report, '/rollout', input.rollout, before.rollout);
    const autoscaling = input.autoscaling === undefined ? before.autoscaling : input.autoscaling;
    checkAutoscaling(report, '', autoscaling, input.count);
    if (catalogue !== undefined) {
      // One that was withdrawn may stay.
      if (input.flavor !== before.flavor) checkFlavor(report, '/flavor', input.flavor, catalogue);
      if (input.kubernetesVersion !== before.kubernetesVersion)
        checkVersionOfPool(report, '/kubernetesVersion', input.kubernetesVersion, { catalogue, controlPlane });
    }
    if (input.count !== undefined || input.autoscaling !== undefined)
      checkNodeSum(report, '/count', [...others, { count: input.count ?? before.count, autoscaling }], limits);
  });
}

function checkVersionOfPool(
  report: Report,
  pointer: string,
  version: unknown,
  { catalogue, controlPlane }: Pick<PoolRules, 'catalogue' | 'controlPlane'>,
): void {
  if (typeof version !== 'string') return;
  checkVersion(report, pointer, version, catalogue);
  if (controlPlane !== undefined) checkPoolVersion(report, pointer, version, controlPlane);
}

const usableVersions = ({ versions }: Catalogue): readonly string[] =>
  versions.filter((entry) => entry.state !== 'withdrawn' && entry.hasImage).map((entry) => entry.version);

function checkVersion(report: Report, pointer: string, version: string, catalogue: Catalogue): void {
  const names = usableVersions(catalogue);
  const found = catalogue.versions.find((entry) => entry.version === version);
  if (found === undefined)
    report(
      pointer,
      'unknown_version',
      `there is no version ${quote(version)}; offered: ${names.join(', ') || 'none'}`,
      names.includes(`v${version}`) ? `v${version}` : nearest(version, names),
    );
  else if (found.state === 'withdrawn')
    report(pointer, 'version_withdrawn', `${version} is not offered any more`, names[0]);
  else if (!found.hasImage)
    report(pointer, 'version_without_image', `no worker image for ${version} exists here`, names[0]);
}

function checkTier(report: Report, tier: string): void {
  const known: readonly string[] = tiers;
  if (!known.includes(tier))
    report('/tier', 'unknown_tier', `must be one of ${known.join(', ')}`, nearest(tier, known));
}

// Smallest useful ranges: 32 node addresses, a /24 of pods for each of sixteen nodes, 256 services.
const longestPrefix = { nodeCidr: 27, podCidr: 20, serviceCidr: 24 } as const;

function checkNetwork(report: Report, network: unknown, limits: Limits): void {
  const given = isRecord(network) ? network : {};
  const parsed: { readonly name: string; readonly cidr: NonNullable<ReturnType<typeof parseCidr>> }[] = [];
  for (const name of ['nodeCidr', 'podCidr', 'serviceCidr'] as const) {
    const text = given[name] ?? defaultNetwork[name];
    if (typeof text !== 'string') continue;
    const cidr = parseCidr(text);
    if (cidr === undefined) {
      report(`/network/${name}`, 'invalid_cidr', `${quote(text)} is no IPv4 range like 10.6.0.0/20`);
      continue;
    }
    checkRange(report, name, text, cidr, limits);
    for (const other of parsed)
      if (overlaps(other.cidr, cidr))
        report(`/network/${name}`, 'cidr_overlap', `overlaps with ${other.name} ${formatCidr(other.cidr)}`);
    parsed.push({ name, cidr });
  }
}

function checkRange(
  report: Report,
  name: keyof typeof longestPrefix,
  text: string,
  cidr: NonNullable<ReturnType<typeof parseCidr>>,
  limits: Limits,
): void {
  const pointer = `/network/${name}`;
  if (formatCidr(cidr) !== text)
    report(pointer, 'cidr_not_canonical', 'has bits beyond the prefix or leading zeros', formatCidr(cidr));
  if (!isPrivate(cidr)) report(pointer, 'cidr_not_private', 'must lie in a private range (RFC 1918 or 100.64.0.0/10)');
  if (cidr.prefix > longestPrefix[name])
    report(pointer, 'cidr_too_small', `must be at least a /${longestPrefix[name]}`);
  for (const reserved of limits.reservedCidrs) {
    const range = parseCidr(reserved);
    if (range !== undefined && overlaps(range, cidr))
      report(pointer, 'cidr_reserved', `overlaps with the provider's network ${reserved}`);
  }
}

function checkPools(report: Report, pools: readonly unknown[], { limits, ...rules }: PoolRules): void {
  if (pools.length > limits.maxPoolsPerCluster)
    report('/pools', 'too_many_pools', `a cluster has at most ${limits.maxPoolsPerCluster} pools`);
  const names = new Set<unknown>();
  for (const [index, pool] of pools.entries()) {
    checkPool(report, `/pools/${index}`, pool, rules);
    const name = isRecord(pool) ? pool.name : undefined;
    if (name !== undefined && names.has(name))
      report(`/pools/${index}/name`, 'duplicate_pool', 'another pool of this cluster has this name');
    names.add(name);
  }
  checkNodeSum(report, '/pools', pools, limits);
}

function checkPool(report: Report, at: string, pool: unknown, rules: Omit<PoolRules, 'limits'>): void {
  if (!isRecord(pool)) return;
  const { catalogue } = rules;
  if (typeof pool.name === 'string') checkName(report, `${at}/name`, pool.name, maxPoolNameLength);
  checkFlavor(report, `${at}/flavor`, pool.flavor, catalogue);
  checkCount(report, `${at}/count`, pool.count);
  checkLabels(report, `${at}/labels`, pool.labels);
  checkTaints(report, `${at}/taints`, pool.taints);
  checkRollout(report, `${at}/rollout`, pool.rollout, defaultRollout);
  checkAutoscaling(report, at, pool.autoscaling, pool.count);
  checkVersionOfPool(report, `${at}/kubernetesVersion`, pool.kubernetesVersion, rules);
}

function checkFlavor(report: Report, pointer: string, flavor: unknown, { flavors }: Catalogue): void {
  if (typeof flavor === 'string' && !flavors.includes(flavor))
    report(
      pointer,
      'unknown_flavor',
      `there is no flavor ${quote(flavor)}; there are ${flavors.join(', ')}`,
      nearest(flavor, flavors),
    );
}

function checkCount(report: Report, pointer: string, count: unknown): void {
  if (typeof count === 'number' && (!Number.isInteger(count) || count < 0))
    report(pointer, 'invalid_count', 'must be a whole number of at least 0');
}

function checkNodeSum(report: Report, pointer: string, pools: readonly unknown[], limits: Limits): void {
  const sum = pools.reduce<number>((total, pool) => total + mostWorkers(pool), 0);
  if (sum > limits.maxNodesPerCluster)
    report(pointer, 'too_many_nodes', `${sum} workers: a cluster has at most ${limits.maxNodesPerCluster}`);
}
