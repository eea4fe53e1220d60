import type { Cluster } from '@matryoshka/domain';
import type { ClusterContext } from './context.ts';
import { storedCredential } from './credential.ts';
import type { GroupInput } from './manifests/index.ts';
import type { VolumeTypes } from './manifests/input.ts';

/** What the objects of a cluster are made of, as the database and the cloud know it now. The caller says what it reads itself, and what to do without the cloud. */
export async function groupInput(
  context: ClusterContext,
  cluster: Cluster,
  reads: {
    readonly kubeconfig: Promise<string | undefined>;
    readonly externalNetworkId: Promise<string | undefined>;
    readonly volumeTypes: Promise<VolumeTypes | undefined>;
  },
): Promise<GroupInput> {
  const [credential, kubeconfig, externalNetworkId, volumeTypes] = await Promise.all([
    storedCredential(context, cluster.id),
    reads.kubeconfig,
    reads.externalNetworkId,
    reads.volumeTypes,
  ]);
  return {
    cluster,
    settings: context.settings,
    credential,
    externalNetworkId,
    volumeTypes,
    served: kubeconfig !== undefined,
  };
}
