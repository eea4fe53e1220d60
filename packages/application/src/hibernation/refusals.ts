import type { Cluster } from '@matryoshka/domain';
import { KaasError } from '../errors.ts';

/** Why a cluster cannot be put to sleep now; undefined when it can. */
export function keepsAwake({ status, kubernetesVersion, rotation }: Cluster): string | undefined {
  if (status.phase === 'creating') return 'It is still being made.';
  // Half an upgrade would wait, and nobody would see it.
  if (status.kubernetesVersion !== kubernetesVersion)
    return `Its control plane is being upgraded to ${kubernetesVersion}.`;
  if (rotation !== null && rotation.phase !== 'prepared') return 'Its authority is being rotated.';
  return undefined;
}

/** Throws `cluster_not_ready` for a cluster that cannot be put to sleep now. */
export function refuseSleep(cluster: Cluster): void {
  const why = keepsAwake(cluster);
  if (why !== undefined)
    throw new KaasError('cluster_not_ready', `The cluster ${cluster.name} cannot be put to sleep now. ${why}`, {
      next: 'Wait until the operation has ended, then ask again.',
    });
}

/** Throws `cluster_hibernated` for what needs a cluster that is awake. */
export function refuseAsleep({ name, hibernation: { hibernated } }: Cluster): void {
  if (hibernated)
    throw new KaasError('cluster_hibernated', `The cluster ${name} is asleep.`, {
      next: `Wake it first: kaas cluster wake ${name}`,
    });
}
