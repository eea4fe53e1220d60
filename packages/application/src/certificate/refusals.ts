import type { Cluster } from '@matryoshka/domain';
import { KaasError } from '../errors.ts';

/** Throws `rotation_running` while keys are being exchanged; between the two steps of a rotation, a cluster is as free as any. */
export function refuseRotating(cluster: Cluster): void {
  if (cluster.rotation !== null && cluster.rotation.phase !== 'prepared') throw rotationRunning(cluster);
}

/** Why keys of a cluster cannot be exchanged now. */
export function rotationRunning({ name, rotation }: Cluster): KaasError {
  const next =
    rotation?.phase === 'prepared'
      ? `Complete it: kaas certificate complete ${name}`
      : 'Wait for that operation: kaas operation list';
  return new KaasError('rotation_running', `The authority of ${name} is being rotated (${rotation?.phase}).`, { next });
}

/** Throws `cluster_not_ready`: keys go to a control plane that runs, all of it at one version. */
export function refuseUnready({ name, status, kubernetesVersion }: Cluster): void {
  const isMade = status.phase !== 'creating';
  if (isMade && status.kubernetesVersion === kubernetesVersion) return;
  throw new KaasError(
    'cluster_not_ready',
    isMade ? `The control plane of ${name} is being upgraded.` : `The cluster ${name} is still being made.`,
    { next: 'Wait until the operation has ended, then ask again.' },
  );
}
