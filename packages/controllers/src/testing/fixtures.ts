import { type Cluster, defaultClusterSettings, defaultPoolSettings, newClusterStatus } from '@matryoshka/domain';
import type { KubeObject } from '@matryoshka/kube';
import type { ClusterSettings } from '../config.ts';

/** A cluster as a test wants it; `more` overrides. */
export function clusterFixture(more: Partial<Cluster> = {}): Cluster {
  return {
    id: 'c-abcdefghij',
    projectId: '0123456789abcdef0123456789abcdef',
    name: 'demo',
    labels: {},
    kubernetesVersion: 'v1.36.3',
    tier: 'standard',
    ...defaultClusterSettings,
    pools: [
      {
        name: 'workers',
        flavor: 'm1.medium',
        count: 2,
        labels: {},
        taints: [],
        kubernetesVersion: 'v1.36.3',
        ...defaultPoolSettings,
      },
    ],
    generation: 1,
    observedGeneration: 0,
    hibernationDecidedAt: new Date(0),
    restore: null,
    recoverableFrom: null,
    awaitsBackup: false,
    awaitedSince: new Date(0),
    renewBefore: null,
    credentialBefore: null,
    encryptionBefore: null,
    rotation: null,
    authority: null,
    deleteRequestedAt: null,
    deleteScheduledAt: null,
    accessEpoch: 1,
    forced: false,
    recycling: [],
    place: { managementCluster: 'default', dataStore: 'default' },
    volumesOnDelete: 'keep',
    createdAt: new Date(0),
    updatedAt: new Date(0),
    status: newClusterStatus,
    ...more,
  };
}

/** A cluster-wide kind of snapshot.storage.k8s.io, as short as an API server takes it. */
function definition(kind: string, plural: string): KubeObject {
  const group = 'snapshot.storage.k8s.io';
  const schema = { openAPIV3Schema: { type: 'object', 'x-kubernetes-preserve-unknown-fields': true } };
  return {
    apiVersion: 'apiextensions.k8s.io/v1',
    kind: 'CustomResourceDefinition',
    metadata: {
      name: `${plural}.${group}`,
      // Without it an API server refuses names below k8s.io.
      annotations: { 'api-approved.kubernetes.io': 'https://github.com/kubernetes-csi/external-snapshotter/pull/814' },
    },
    spec: {
      group,
      scope: 'Cluster',
      names: { kind, plural, singular: kind.toLowerCase(), listKind: `${kind}List` },
      versions: [{ name: 'v1', served: true, storage: true, schema }],
    },
  };
}

export const settingsFixture: ClusterSettings = {
  images: {
    'openstack-cloud-controller-manager': 'registry.k8s.io/provider-os/openstack-cloud-controller-manager:v1.34.1',
    flannel: 'registry.example/flannel:v0.28.10',
    'konnectivity-server': 'registry.k8s.io/kas-network-proxy/proxy-server:v0.34.0',
    'konnectivity-agent': 'registry.k8s.io/kas-network-proxy/proxy-agent:v0.34.0',
    coredns: 'registry.k8s.io/coredns/coredns:v1.14.7',
    'cinder-csi-plugin': 'registry.k8s.io/provider-os/cinder-csi-plugin:v1.34.1',
    'csi-node-driver-registrar': 'registry.k8s.io/sig-storage/csi-node-driver-registrar:v2.15.0',
    'csi-provisioner': 'registry.k8s.io/sig-storage/csi-provisioner:v6.4.0',
    'csi-attacher': 'registry.k8s.io/sig-storage/csi-attacher:v4.13.0',
    'csi-resizer': 'registry.k8s.io/sig-storage/csi-resizer:v2.3.0',
    'csi-snapshotter': 'registry.k8s.io/sig-storage/csi-snapshotter:v8.7.0',
    'snapshot-controller': 'registry.k8s.io/sig-storage/snapshot-controller:v8.7.0',
  },
  openstack: { authUrl: 'http://192.0.2.1:5000/v3', region: 'RegionOne' },
  issuer: { url: 'https://192.0.2.1:7444', authority: 'PEM of the authority' },
  loadBalancerProvider: '',
  externalNetwork: 'public',
  workerImagePrefix: 'matryoshka-worker-',
  dnsNameservers: [],
  endpointRanges: ['192.0.2.0/24'],
  serviceDomain: 'cluster.local',
  snapshotDefinitions: [definition('VolumeSnapshotClass', 'volumesnapshotclasses')],
};
