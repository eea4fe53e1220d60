import { quote } from '../validation/kubernetes-syntax.ts';
import type { Report } from '../validation/violations.ts';
import { compareVersions, newestOf, parseVersion, type Version } from './version.ts';

/** So many minors a kubelet may be behind its API server (kubernetes.io, "Version Skew Policy"); never ahead of it. */
export const mostPoolSkew = 3;

/** A cluster as far as versions are concerned. */
export interface VersionedCluster {
  /** Wanted of the control plane. */
  readonly kubernetesVersion: string;
  readonly pools: readonly { readonly name: string; readonly kubernetesVersion: string }[];
  /** What its control plane runs; null while that is not known. */
  readonly status: { readonly kubernetesVersion: string | null };
}

/**
 * Rules for another version of a control plane: never back, one minor at a time from what runs, and no pool left too far behind. `offered` are versions to suggest.
 * That the version itself is offered is checked elsewhere.
 */
export function checkControlPlaneVersion(
  report: Report,
  pointer: string,
  wanted: string,
  cluster: VersionedCluster,
  offered: readonly string[],
): void {
  const [to, from] = [parseVersion(wanted), parseVersion(cluster.kubernetesVersion)];
  if (to === undefined || from === undefined || compareVersions(to, from) === 0) return;
  if (compareVersions(to, from) < 0) {
    report(
      pointer,
      'version_downgrade',
      `a control plane does not go back: ${cluster.kubernetesVersion} may have stored what ${wanted} cannot read`,
      cluster.kubernetesVersion,
    );
    return;
  }
  const { kubernetesVersion: running } = cluster.status;
  const runs = (running === null ? undefined : parseVersion(running)) ?? from;
  if (to.minor > runs.minor + 1) {
    const underWay =
      runs.minor < from.minor ? `; it is on its way from ${running} to ${cluster.kubernetesVersion}` : '';
    report(
      pointer,
      'version_skips_minor',
      `from ${running ?? cluster.kubernetesVersion} a control plane goes to 1.${runs.minor + 1} first, one minor at a time${underWay}`,
      newestOf(runs.minor + 1, offered),
    );
  }
  for (const pool of cluster.pools) {
    const version = parseVersion(pool.kubernetesVersion);
    if (version !== undefined && isTooOld(version, to))
      report(
        pointer,
        'pool_too_old',
        `workers of ${pool.name} run ${pool.kubernetesVersion}, more than ${mostPoolSkew} minors behind ${wanted}: upgrade the pool first`,
      );
  }
}

/** Rules for the version of a pool's workers: not newer than the control plane, at most three minors older. Going back is allowed: workers are made anew. */
export function checkPoolVersion(report: Report, pointer: string, wanted: string, controlPlane: string): void {
  const [pool, plane] = [parseVersion(wanted), parseVersion(controlPlane)];
  if (pool === undefined || plane === undefined) return;
  if (compareVersions(pool, plane) > 0)
    report(
      pointer,
      'pool_newer_than_control_plane',
      `workers are never newer than the control plane, which is ${quote(controlPlane)}: upgrade that first`,
      controlPlane,
    );
  else if (isTooOld(pool, plane))
    report(
      pointer,
      'pool_too_old',
      `workers are at most ${mostPoolSkew} minors older than the control plane, which is ${quote(controlPlane)}`,
      controlPlane,
    );
}

const isTooOld = (pool: Version, plane: Version): boolean => pool.minor < plane.minor - mostPoolSkew;
