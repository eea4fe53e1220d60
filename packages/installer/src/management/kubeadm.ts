import { stringify } from 'yaml';
import { managementNetwork, nodeAddress } from './settings.ts';

export interface KubeadmInput {
  readonly kubernetesVersion: string;
  /** CoreDNS tag that the registry holds; kubeadm's own default is another one. */
  readonly coreDnsTag: string;
  readonly bootstrapToken: string;
  readonly caHash: string;
  /** Names and addresses beside the node's own that the API server answers to. */
  readonly certSans: readonly string[];
}

const criSocket = 'unix:///run/containerd/containerd.sock';
const patches = { directory: '/etc/kubernetes/patches' };

function nodeRegistration(name: string, address: string): unknown {
  return {
    name,
    criSocket,
    imagePullPolicy: 'IfNotPresent',
    // Every node runs pods, the first one too.
    taints: [],
    kubeletExtraArgs: [
      { name: 'cloud-provider', value: 'external' },
      { name: 'node-ip', value: address },
    ],
  };
}

/** kubeadm's files for the first management server (kubeadm API v1beta4), one YAML stream. */
export function initConfiguration(input: KubeadmInput, name: string): string {
  const address = nodeAddress(0);
  const { podCidr, serviceCidr, apiPort } = managementNetwork;
  return documents([
    {
      apiVersion: 'kubeadm.k8s.io/v1beta4',
      kind: 'InitConfiguration',
      localAPIEndpoint: { advertiseAddress: address, bindPort: apiPort },
      nodeRegistration: nodeRegistration(name, address),
      patches,
      bootstrapTokens: [
        {
          token: input.bootstrapToken,
          ttl: '24h0m0s',
          usages: ['signing', 'authentication'],
          groups: ['system:bootstrappers:kubeadm:default-node-token'],
        },
      ],
    },
    {
      apiVersion: 'kubeadm.k8s.io/v1beta4',
      kind: 'ClusterConfiguration',
      clusterName: 'matryoshka-management',
      kubernetesVersion: input.kubernetesVersion,
      controlPlaneEndpoint: `${address}:${apiPort}`,
      imageRepository: 'registry.k8s.io',
      networking: { podSubnet: podCidr, serviceSubnet: serviceCidr, dnsDomain: 'cluster.local' },
      dns: { imageRepository: 'registry.k8s.io/coredns', imageTag: input.coreDnsTag },
      // kine on this machine speaks etcd's protocol and keeps everything in PostgreSQL.
      etcd: { external: { endpoints: ['http://127.0.0.1:2379'] } },
      apiServer: { certSANs: [address, '127.0.0.1', 'localhost', ...input.certSans] },
      controllerManager: {
        extraArgs: [
          { name: 'cloud-provider', value: 'external' },
          { name: 'allocate-node-cidrs', value: 'true' },
          // A node without disk or memory leaves an ended pod for every attempt; nobody wants 12500 of them, the default.
          { name: 'terminated-pod-gc-threshold', value: '50' },
        ],
      },
    },
    {
      apiVersion: 'kubelet.config.k8s.io/v1beta1',
      kind: 'KubeletConfiguration',
      cgroupDriver: 'systemd',
      failCgroupV1: false,
      maxPods: 250,
    },
    {
      apiVersion: 'kubeproxy.config.k8s.io/v1alpha1',
      kind: 'KubeProxyConfiguration',
      mode: 'nftables',
      // Zero = leave the kernel's values: inside a machine that shares its host's kernel they cannot be written, and kube-proxy would exit.
      conntrack: { maxPerCore: 0, min: 0, tcpEstablishedTimeout: '0s', tcpCloseWaitTimeout: '0s' },
    },
  ]);
}

/** kubeadm's file for every further management server. It waits for the API server, so all servers can start at once. */
export function joinConfiguration(input: KubeadmInput, name: string, index: number): string {
  return documents([
    {
      apiVersion: 'kubeadm.k8s.io/v1beta4',
      kind: 'JoinConfiguration',
      nodeRegistration: nodeRegistration(name, nodeAddress(index)),
      patches,
      discovery: {
        bootstrapToken: {
          apiServerEndpoint: `${nodeAddress(0)}:${managementNetwork.apiPort}`,
          token: input.bootstrapToken,
          caCertHashes: [input.caHash],
        },
      },
      timeouts: { discovery: '15m0s', tlsBootstrap: '10m0s' },
    },
  ]);
}

function documents(list: readonly unknown[]): string {
  return list.map((document) => stringify(document, { lineWidth: 0 })).join('---\n');
}
