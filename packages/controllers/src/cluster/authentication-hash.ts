import type { Cluster } from '@matryoshka/domain';
import type { ClusterContext } from './context.ts';
import { hashOf, withHash } from './hash.ts';
import { authenticationConfigMap } from './manifests/authentication.ts';

/** Hash of the rules of who is let in, as they should be now. */
export function authenticationHash(context: Pick<ClusterContext, 'settings'>, cluster: Cluster): string {
  return hashOf(withHash(authenticationConfigMap({ cluster, settings: context.settings }))) ?? '';
}
