import {
  accessManifests,
  cinderCsiManifests,
  flannelManifests,
  kubeProxyManifests,
  storeQuotaManifests,
} from '@matryoshka/addons';
import { type ManifestGroup, type ObservedMachine, poolForNow, surgeForRecycling } from '@matryoshka/domain';
import type { KubeObject } from '@matryoshka/kube';
import type { StoredEncryption } from '../encryption/keys.ts';
import { withHash } from '../hash.ts';
import { auditConfigMap } from './audit.ts';
import { authenticationConfigMap } from './authentication.ts';
import { cloudController } from './cloud-controller.ts';
import { capiCluster } from './cluster.ts';
import { controlPlaneDisruptionBudget, kamajiControlPlane } from './control-plane.ts';
import { cloudConfigSecret, cloudsSecret } from './credentials.ts';
import { encryptionSecret } from './encryption.ts';
import { openStackCluster } from './infrastructure.ts';
import type { Credential, ManifestInput, VolumeTypes } from './input.ts';
import { namespace } from './namespace.ts';
import { poolManifests } from './pool.ts';
import { volumeController } from './volume-controller.ts';

export interface GroupInput extends ManifestInput {
  readonly credential: Credential | undefined;
  readonly externalNetworkId: string | undefined;
  /** Undefined while the cloud could not be asked. */
  readonly volumeTypes: VolumeTypes | undefined;
  /** Whether the customer has a kubeconfig: somebody may rely on the control plane. */
  readonly served: boolean;
  /** The control plane has a replica that was made as the only one. */
  readonly alone: boolean;
  /** The control plane, and what runs beside it, shall not run now. */
  readonly rests: boolean;
  /** Undefined while there is none, or it could not be read. */
  readonly adminKubeconfig: string | undefined;
  /** The keys that Secrets are stored with; undefined while there are none. */
  readonly encryption: StoredEncryption | undefined;
  /** Of the cluster's own router; undefined while it could not be read. */
  readonly egressAddresses: readonly string[] | undefined;
}

/** The objects of a group in the order in which they are applied; undefined while something they are made of is not known yet. */
export function groupManifests(group: ManifestGroup, input: GroupInput): readonly KubeObject[] | undefined {
  const { credential, externalNetworkId, volumeTypes, egressAddresses, adminKubeconfig } = input;
  switch (group) {
    case 'namespace':
      return [namespace(input)].map(withHash);
    case 'credentials': {
      if (credential === undefined || externalNetworkId === undefined) return undefined;
      const full = { ...input, credential, externalNetworkId };
      return [cloudsSecret(full), cloudConfigSecret(full)].map(withHash);
    }
    case 'cluster':
      if (egressAddresses === undefined) return undefined;
      // The references first: Cluster API looks at them as soon as the Cluster exists, and would wait for a retry.
      return [
        openStackCluster(input),
        authenticationConfigMap(input),
        auditConfigMap(input),
        ...(input.encryption === undefined ? [] : [encryptionSecret(input.cluster, input.encryption)]),
        kamajiControlPlane({ ...input, egressAddresses }),
        ...(input.cluster.tier === 'ha' ? [controlPlaneDisruptionBudget(input)] : []),
        capiCluster(input),
      ].map(withHash);
    case 'cloud-controller':
      if (credential === undefined || externalNetworkId === undefined || adminKubeconfig === undefined)
        return undefined;
      return [cloudController({ ...input, credential, externalNetworkId, adminKubeconfig })].map(withHash);
    case 'volume-controller':
      if (volumeTypes === null) return [];
      if (credential === undefined || externalNetworkId === undefined || volumeTypes === undefined) return undefined;
      if (adminKubeconfig === undefined) return undefined;
      return [volumeController({ ...input, credential, externalNetworkId, adminKubeconfig })].map(withHash);
  }
}

/** A pool's objects, templates before the deployment that names them; `machines` are those there are. */
export function poolObjects(
  input: ManifestInput,
  poolName: string,
  machines: readonly ObservedMachine[],
): readonly KubeObject[] {
  const wanted = input.cluster.pools.find((candidate) => candidate.name === poolName);
  if (wanted === undefined) return [];
  const pool = poolForNow(wanted, input.cluster);
  const { machineTemplate, bootstrapTemplate, deployment } = poolManifests(
    input,
    pool,
    pool.count === 0 ? 0 : surgeForRecycling(pool, input.cluster, machines),
  );
  return [machineTemplate, bootstrapTemplate, deployment].map(withHash);
}

/** What we put into the customer's cluster. */
export function tenantManifests(
  input: ManifestInput & { readonly endpoint: string; readonly volumeTypes: VolumeTypes },
): readonly KubeObject[] {
  const { cluster, settings, endpoint, volumeTypes } = input;
  const { podCidr } = cluster.network;
  const { store } = cluster.status;
  const { 'cinder-csi-plugin': plugin, 'csi-node-driver-registrar': registrar } = settings.images;
  const { snapshotDefinitions } = settings;
  return [
    ...accessManifests(),
    ...storeQuotaManifests({ frozen: store?.frozen === true, quotaBytes: store?.quotaBytes ?? null }),
    ...flannelManifests({ podCidr, image: settings.images.flannel, endpoint }),
    ...kubeProxyManifests({ podCidr, image: `registry.k8s.io/kube-proxy:${cluster.kubernetesVersion}`, endpoint }),
    ...(volumeTypes === null
      ? []
      : cinderCsiManifests({ images: { plugin, registrar }, volumeTypes, snapshotDefinitions })),
  ].map(withHash);
}
