import { seen } from '../shared/looked.ts';
import { isOlder } from '../upgrade/version.ts';
import type { Cluster, Pool } from './model.ts';
import type { ObservedCluster } from './observed.ts';

/**
 * The version that every replica of the control plane has, when another one is wanted: Kamaji says the new one only when the last old replica is gone
 * (internal/resources/k8s_deployment_resource.go). Undefined when it is as wanted, or was never up.
 */
export function versionBefore(desired: Cluster, { controlPlane }: ObservedCluster): string | undefined {
  const version = controlPlane.state === 'unknown' ? desired.status.kubernetesVersion : seen(controlPlane)?.version;
  return version === null || version === desired.kubernetesVersion ? undefined : version;
}

/** True while a pool must not be given its version yet: a kubelet is never newer than any replica of the API server. */
export function waitsForControlPlane(pool: Pool, desired: Cluster, observed: ObservedCluster): boolean {
  const before = versionBefore(desired, observed);
  if (before === undefined || !isOlder(before, pool.kubernetesVersion)) return false;
  const has = observed.pools.find(({ name }) => name === pool.name)?.kubernetesVersion;
  // What has it already is past holding.
  return has !== pool.kubernetesVersion;
}

/** True while the control plane keeps the version it has, because what it holds is backed up first. */
export function waitsForBackup(desired: Cluster, observed: ObservedCluster): boolean {
  return desired.awaitsBackup && versionBefore(desired, observed) !== undefined;
}
