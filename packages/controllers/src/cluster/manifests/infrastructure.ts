import type { KubeObject } from '@matryoshka/kube';
import { labelsOf } from '../labels.ts';
import { cloudName, cloudsSecretName } from './credentials.ts';
import type { ManifestInput } from './input.ts';

export const infrastructureApiVersion = 'infrastructure.cluster.x-k8s.io/v1beta1';
/** CAPO makes the server of an OpenStackMachine by an object of the same name; what became of the server is told there only (CAPO 0.14). */
export const serverApiVersion = 'infrastructure.cluster.x-k8s.io/v1alpha1';

/** Tag on everything CAPO makes for a cluster, to find what is left over. */
export const openStackTag = (clusterId: string): string => `matryoshka-cluster-${clusterId}`;

/**
 * Network, router and security groups of a cluster in the customer's project. CAPO makes no load balancer and no floating IP for the API:
 * Kamaji's provider writes the endpoint into `apiServerFixedIP` and `apiServerPort`, which is why these are never set here
 * (kamajicontrolplane_controller_cluster_patch.go; CAPO reconcileControlPlaneEndpoint).
 */
export function openStackCluster({ cluster, settings }: ManifestInput): KubeObject {
  return {
    apiVersion: infrastructureApiVersion,
    kind: 'OpenStackCluster',
    metadata: { name: cluster.id, namespace: cluster.id, labels: labelsOf(cluster) },
    spec: {
      identityRef: { name: cloudsSecretName(cluster.id), cloudName },
      managedSubnets: [
        {
          cidr: cluster.network.nodeCidr,
          ...(settings.dnsNameservers.length === 0 ? {} : { dnsNameservers: settings.dnsNameservers }),
        },
      ],
      externalNetwork: { filter: { name: settings.externalNetwork } },
      disableAPIServerFloatingIP: true,
      managedSecurityGroups: { allowAllInClusterTraffic: true },
      tags: [openStackTag(cluster.id)],
    },
  };
}
