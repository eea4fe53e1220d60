import { type Cluster, defaultNetwork, newClusterStatus } from '@matryoshka/domain';
import type { ClusterSettings } from '../config.ts';

/** A cluster as a test wants it; `more` overrides. */
export function clusterFixture(more: Partial<Cluster> = {}): Cluster {
  return {
    id: 'c-abcdefghij',
    projectId: '0123456789abcdef0123456789abcdef',
    name: 'demo',
    kubernetesVersion: 'v1.36.3',
    tier: 'standard',
    network: defaultNetwork,
    pools: [{ name: 'workers', flavor: 'm1.medium', count: 2, labels: {}, taints: [] }],
    generation: 1,
    observedGeneration: 0,
    deleteRequestedAt: null,
    createdAt: new Date(0),
    updatedAt: new Date(0),
    status: newClusterStatus,
    ...more,
  };
}

export const settingsFixture: ClusterSettings = {
  images: {
    'openstack-cloud-controller-manager': 'registry.k8s.io/provider-os/openstack-cloud-controller-manager:v1.34.1',
    flannel: 'registry.example/flannel:v0.28.10',
    'konnectivity-server': 'registry.k8s.io/kas-network-proxy/proxy-server:v0.34.0',
    'konnectivity-agent': 'registry.k8s.io/kas-network-proxy/proxy-agent:v0.34.0',
    coredns: 'registry.k8s.io/coredns/coredns:v1.14.7',
  },
  openstack: { authUrl: 'http://192.0.2.1:5000/v3', region: 'RegionOne' },
  externalNetwork: 'public',
  workerImagePrefix: 'matryoshka-worker-',
  dnsNameservers: [],
  dataStore: 'default',
  serviceDomain: 'cluster.local',
};
