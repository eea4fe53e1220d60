import type { KubeObject } from '@matryoshka/kube';
import { labelsOf } from '../labels.ts';
import type { ManifestInput } from './input.ts';

// The version that Cluster API 1.12 stores: what we own is then never converted (CRD cluster.x-k8s.io_clusters, storage: true).
export const clusterApiVersion = 'cluster.x-k8s.io/v1beta2';

/** Cluster API's Cluster: ties the control plane (Kamaji) and the infrastructure (CAPO) together. */
export function capiCluster({ cluster, settings }: ManifestInput): KubeObject {
  return {
    apiVersion: clusterApiVersion,
    kind: 'Cluster',
    metadata: { name: cluster.id, namespace: cluster.id, labels: labelsOf(cluster) },
    spec: {
      clusterNetwork: {
        pods: { cidrBlocks: [cluster.network.podCidr] },
        services: { cidrBlocks: [cluster.network.serviceCidr] },
        serviceDomain: settings.serviceDomain,
      },
      controlPlaneRef: {
        apiGroup: 'controlplane.cluster.x-k8s.io',
        kind: 'KamajiControlPlane',
        name: cluster.id,
      },
      infrastructureRef: {
        apiGroup: 'infrastructure.cluster.x-k8s.io',
        kind: 'OpenStackCluster',
        name: cluster.id,
      },
    },
  };
}
