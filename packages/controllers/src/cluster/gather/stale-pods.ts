import { controlPlanePodLabel } from '@matryoshka/addons';
import { type Cluster, type Looked, present, unknown } from '@matryoshka/domain';
import type { KubeObject } from '@matryoshka/kube';
import { errorMessage } from '@matryoshka/system';
import type { ClusterContext } from '../context.ts';
import { hashOf, withHash } from '../hash.ts';
import { authenticationAnnotation } from '../labels.ts';
import { authenticationConfigMap } from '../manifests/authentication.ts';

/** Hash of the rules of who is let in, as they should be now. */
export function authenticationHash(context: Pick<ClusterContext, 'settings'>, cluster: Cluster): string {
  return hashOf(withHash(authenticationConfigMap({ cluster, settings: context.settings }))) ?? '';
}

/** Pods of the control plane that were not told yet that the rules of who is let in have changed; kubelet alone would look within a minute or two. */
export async function gatherStalePods(
  context: ClusterContext,
  cluster: Cluster,
  signal: AbortSignal,
): Promise<Looked<readonly string[]>> {
  try {
    const labelSelector = `${controlPlanePodLabel}=${cluster.id}`;
    const query = { apiVersion: 'v1', kind: 'Pod', namespace: cluster.id, labelSelector };
    const { items } = await context.management.list<KubeObject>(query, { signal });
    const hash = authenticationHash(context, cluster);
    return present(
      items
        .filter(({ metadata }) => metadata.deletionTimestamp === undefined)
        .filter(({ metadata }) => metadata.annotations?.[authenticationAnnotation] !== hash)
        .map(({ metadata }) => metadata.name),
    );
  } catch (error) {
    return unknown(errorMessage(error));
  }
}
