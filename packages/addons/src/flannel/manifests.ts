import type { KubeObject } from '@matryoshka/kube';
import { shortHash } from '@matryoshka/system';

export interface FlannelOptions {
  /** Network that the Nodes' pod CIDRs are cut from. */
  readonly podCidr: string;
  readonly image: string;
  /** `https://host:port` of the cluster's API: used directly, so that pod networking does not wait for kube-proxy. */
  readonly endpoint: string;
}

const name = 'flannel';
const namespace = 'kube-flannel';
const selector = { 'app.kubernetes.io/name': name };
const labels = { ...selector, 'app.kubernetes.io/managed-by': 'matryoshka' };

/**
 * flannel for our flanneld (packages/components/go/flannel): vxlan, masquerading by nftables, leases from Node.spec.podCIDR; it writes the CNI
 * configuration itself, so nodes need only the plugins bridge, host-local and portmap.
 */
export function flannelManifests(options: FlannelOptions): readonly KubeObject[] {
  const group = 'rbac.authorization.k8s.io';
  return [
    {
      apiVersion: 'v1',
      kind: 'Namespace',
      metadata: { name: namespace, labels: { 'pod-security.kubernetes.io/enforce': 'privileged' } },
    },
    { apiVersion: 'v1', kind: 'ServiceAccount', metadata: { name, namespace, labels } },
    {
      apiVersion: `${group}/v1`,
      kind: 'ClusterRole',
      metadata: { name, labels },
      rules: [
        { apiGroups: [''], resources: ['nodes'], verbs: ['get', 'list', 'watch'] },
        { apiGroups: [''], resources: ['nodes/status'], verbs: ['patch'] },
      ],
    },
    {
      apiVersion: `${group}/v1`,
      kind: 'ClusterRoleBinding',
      metadata: { name, labels },
      roleRef: { apiGroup: group, kind: 'ClusterRole', name },
      subjects: [{ kind: 'ServiceAccount', name, namespace }],
    },
    {
      apiVersion: 'v1',
      kind: 'ConfigMap',
      metadata: { name, namespace, labels },
      data: { 'net-conf.json': networkConfig(options) },
    },
    daemonSet(options),
  ];
}

function networkConfig({ podCidr }: FlannelOptions): string {
  return JSON.stringify({ Network: podCidr, EnableNFTables: true, Backend: { Type: 'vxlan' } });
}

function daemonSet(options: FlannelOptions): KubeObject {
  const api = new URL(options.endpoint);
  const hostPath = (volume: string, path: string): object => ({
    name: volume,
    hostPath: { path, type: 'DirectoryOrCreate' },
  });
  return {
    apiVersion: 'apps/v1',
    kind: 'DaemonSet',
    metadata: { name, namespace, labels },
    spec: {
      selector: { matchLabels: selector },
      template: {
        // The program reads its file once: a change starts new pods.
        metadata: { labels, annotations: { 'matryoshka.dev/config': shortHash(networkConfig(options)) } },
        spec: {
          hostNetwork: true,
          priorityClassName: 'system-node-critical',
          serviceAccountName: name,
          tolerations: [{ operator: 'Exists' }],
          containers: [
            {
              name,
              image: options.image,
              imagePullPolicy: 'IfNotPresent',
              env: [
                { name: 'NODE_NAME', valueFrom: { fieldRef: { fieldPath: 'spec.nodeName' } } },
                { name: 'KUBERNETES_SERVICE_HOST', value: api.hostname },
                { name: 'KUBERNETES_SERVICE_PORT', value: api.port === '' ? '443' : api.port },
              ],
              readinessProbe: { httpGet: { host: '127.0.0.1', path: '/readyz', port: 8081 }, periodSeconds: 2 },
              resources: { requests: { cpu: '10m', memory: '32Mi' } },
              securityContext: { runAsUser: 0, capabilities: { add: ['NET_ADMIN', 'NET_RAW'] } },
              volumeMounts: [
                { name: 'run', mountPath: '/run/flannel' },
                { name: 'cni', mountPath: '/etc/cni/net.d' },
                { name: 'config', mountPath: '/etc/kube-flannel' },
              ],
            },
          ],
          volumes: [
            hostPath('run', '/run/flannel'),
            hostPath('cni', '/etc/cni/net.d'),
            { name: 'config', configMap: { name } },
          ],
        },
      },
    },
  };
}
