import type { Pool } from '@matryoshka/domain';
import type { KubeObject } from '@matryoshka/kube';
import { shortHash } from '@matryoshka/system';
import { labelsOf, poolLabel } from '../labels.ts';
import { settingsOfPool } from '../node-settings.ts';
import { clusterApiVersion } from './cluster.ts';
import { infrastructureApiVersion } from './infrastructure.ts';
import type { ManifestInput } from './input.ts';

export const bootstrapApiVersion = 'bootstrap.cluster.x-k8s.io/v1beta2';

/** On a worker: the fingerprint of the authority under which it joined. */
const authorityPath = '/etc/kubernetes/matryoshka-authority';

export const poolObjectName = (clusterId: string, pool: string): string => `${clusterId}-${pool}`;

export interface PoolManifests {
  readonly machineTemplate: KubeObject;
  readonly bootstrapTemplate: KubeObject;
  readonly deployment: KubeObject;
}

/**
 * A pool's machines. The names of both templates carry a hash of what cannot be changed in a machine that runs: such a change makes a new template, and the MachineDeployment
 * then replaces machine by machine. Labels and taints are changed in the template, for machines to come, and on the nodes there are (node-settings.ts). `surge`: so many more than it shall have.
 */
export function poolManifests(input: ManifestInput, pool: Pool, surge = 0): PoolManifests {
  const { cluster, settings } = input;
  const name = poolObjectName(cluster.id, pool.name);
  const labels = labelsOf(cluster, { [poolLabel]: pool.name });
  const machineSpec = {
    flavor: pool.flavor,
    image: { filter: { name: `${settings.workerImagePrefix}${pool.kubernetesVersion}` } },
  };
  const machineTemplate: KubeObject = {
    apiVersion: infrastructureApiVersion,
    kind: 'OpenStackMachineTemplate',
    metadata: { name: `${name}-${shortHash(machineSpec)}`, namespace: cluster.id, labels },
    spec: { template: { spec: machineSpec } },
  };
  const joinSpec = (of: Pool): object => ({
    joinConfiguration: joinConfiguration(of),
    // A worker knows the authorities that there were when it joined; another one makes others of them.
    ...(cluster.authority === null ? {} : { files: [{ path: authorityPath, content: `${cluster.authority}\n` }] }),
  });
  const whatReplaces = joinSpec({ ...pool, labels: {}, taints: [] });
  const bootstrapTemplate: KubeObject = {
    apiVersion: bootstrapApiVersion,
    kind: 'KubeadmConfigTemplate',
    metadata: { name: `${name}-${shortHash(whatReplaces)}`, namespace: cluster.id, labels },
    spec: { template: { spec: joinSpec(pool) } },
  };
  return {
    machineTemplate,
    bootstrapTemplate,
    deployment: machineDeployment(input, { ...pool, count: pool.count + surge }, machineTemplate, bootstrapTemplate),
  };
}

function joinConfiguration(pool: Pool): unknown {
  const { labels, taints } = settingsOfPool(pool);
  const nodeLabels = Object.entries(labels)
    .map(([key, value]) => `${key}=${value}`)
    .toSorted();
  return {
    nodeRegistration: {
      // The image is ours and was made for this version; in a system container these checks judge the host's kernel and swap.
      ignorePreflightErrors: ['SystemVerification', 'Swap', 'FileContent--proc-sys-net-bridge-bridge-nf-call-iptables'],
      // Filled by cloud-init: the server's name, by which the cloud controller manager finds the server of a node.
      name: '{{ local_hostname }}',
      kubeletExtraArgs: [
        { name: 'cloud-provider', value: 'external' },
        { name: 'node-labels', value: nodeLabels.join(',') },
      ],
      ...(taints.length === 0 ? {} : { taints }),
    },
    // The worker image holds the kubelet settings that depend on the machine (cgroup v1).
    patches: { directory: '/etc/kubernetes/patches' },
  };
}

function machineDeployment(
  { cluster }: ManifestInput,
  pool: Pool,
  machineTemplate: KubeObject,
  bootstrapTemplate: KubeObject,
): KubeObject {
  const name = poolObjectName(cluster.id, pool.name);
  const labels = labelsOf(cluster, { [poolLabel]: pool.name });
  const { maxSurge, maxUnavailable, drainTimeoutSeconds, paused } = pool.rollout;
  // Not the project label: selectors are immutable, and this much identifies a pool.
  const selector = { 'cluster.x-k8s.io/cluster-name': cluster.id, [poolLabel]: pool.name };
  return {
    apiVersion: clusterApiVersion,
    kind: 'MachineDeployment',
    metadata: { name, namespace: cluster.id, labels },
    spec: {
      clusterName: cluster.id,
      replicas: pool.count,
      ...(paused ? { paused } : {}),
      selector: { matchLabels: selector },
      rollout: { strategy: { type: 'RollingUpdate', rollingUpdate: { maxSurge, maxUnavailable } } },
      template: {
        metadata: { labels: { ...selector, ...labelsOf(cluster) } },
        spec: {
          clusterName: cluster.id,
          version: pool.kubernetesVersion,
          bootstrap: {
            configRef: {
              apiGroup: 'bootstrap.cluster.x-k8s.io',
              kind: 'KubeadmConfigTemplate',
              name: bootstrapTemplate.metadata.name,
            },
          },
          infrastructureRef: {
            apiGroup: 'infrastructure.cluster.x-k8s.io',
            kind: 'OpenStackMachineTemplate',
            name: machineTemplate.metadata.name,
          },
          // 0 is Cluster API's word for "as long as it takes", too.
          deletion: {
            nodeDrainTimeoutSeconds: drainTimeoutSeconds,
            nodeVolumeDetachTimeoutSeconds: 120,
            nodeDeletionTimeoutSeconds: 10,
          },
        },
      },
    },
  };
}
