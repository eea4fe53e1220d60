import type { Cluster } from '@matryoshka/domain';
import type { ClusterContext } from './context.ts';
import { storedCredential } from './credential.ts';
import type { StoredEncryption } from './encryption/keys.ts';
import type { GroupInput } from './manifests/index.ts';
import { infrastructureApiVersion } from './manifests/infrastructure.ts';
import type { VolumeTypes } from './manifests/input.ts';
import { at } from './read.ts';

/** What the objects of a cluster are made of, as the database and the cloud know it now. The caller says what it reads itself, and what to do without the cloud. */
export async function groupInput(
  context: ClusterContext,
  cluster: Cluster,
  reads: {
    readonly kubeconfig: Promise<string | undefined>;
    readonly externalNetworkId: Promise<string | undefined>;
    readonly volumeTypes: Promise<VolumeTypes | undefined>;
    readonly alone: Promise<boolean>;
    readonly rests: Promise<boolean>;
    readonly adminKubeconfig: Promise<string | undefined>;
    readonly encryption: Promise<StoredEncryption | undefined>;
  },
): Promise<GroupInput> {
  const [
    credential,
    kubeconfig,
    externalNetworkId,
    volumeTypes,
    egressAddresses,
    alone,
    rests,
    adminKubeconfig,
    encryption,
  ] = await Promise.all([
    storedCredential(context, cluster.id),
    reads.kubeconfig,
    reads.externalNetworkId,
    reads.volumeTypes,
    egressOf(context, cluster),
    reads.alone,
    reads.rests,
    reads.adminKubeconfig,
    reads.encryption,
  ]);
  return {
    cluster,
    settings: context.settings,
    credential,
    externalNetworkId,
    volumeTypes,
    served: kubeconfig !== undefined,
    alone,
    rests,
    adminKubeconfig,
    egressAddresses,
    encryption,
  };
}

/** Addresses of the router of a cluster that is closed to others; none while there is no router; undefined when it cannot be read. */
async function egressOf(
  { management }: ClusterContext,
  { id, access }: Cluster,
): Promise<readonly string[] | undefined> {
  if ((access.allowedRanges ?? []).length === 0) return [];
  const ref = { apiVersion: infrastructureApiVersion, kind: 'OpenStackCluster', name: id, namespace: id };
  try {
    const addresses = at(await management.find(ref), 'status', 'router', 'ips');
    return Array.isArray(addresses) ? addresses.filter((address) => typeof address === 'string') : [];
  } catch {
    return undefined;
  }
}
