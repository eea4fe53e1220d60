import { clusterLabel } from '@matryoshka/addons';
import type { Cluster } from '@matryoshka/domain';

export const fieldManager = 'matryoshka';
export const hashAnnotation = 'matryoshka.dev/hash';
export { clusterLabel };
/** On a control plane's pod: the rules of who is let in that it was told to read. */
export const authenticationAnnotation = 'matryoshka.dev/authentication';
/** On a Machine: it goes first when its pool shrinks (cluster-api, api/core/v1beta2, DeleteMachineAnnotation). */
export const deleteFirstAnnotation = 'cluster.x-k8s.io/delete-machine';
export const projectLabel = 'matryoshka.dev/project';
export const poolLabel = 'matryoshka.dev/pool';

/** Labels of every object that belongs to a cluster. */
export function labelsOf(cluster: Pick<Cluster, 'id' | 'projectId'>, more: Readonly<Record<string, string>> = {}) {
  return {
    'app.kubernetes.io/managed-by': 'matryoshka',
    [clusterLabel]: cluster.id,
    [projectLabel]: cluster.projectId,
    ...more,
  };
}
