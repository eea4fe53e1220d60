import type { KubeObject } from '@matryoshka/kube';
import type { ManifestInput } from '../input.ts';

const name = 'flannel';
const namespace = 'kube-flannel';
const labels = { 'app.kubernetes.io/name': name, 'app.kubernetes.io/managed-by': 'matryoshka' };

export interface FlannelInput extends ManifestInput {
  /** `https://host:port` of the cluster's API: used directly, so that pod networking does not wait for kube-proxy. */
  readonly endpoint: string;
}

/** Pod networking of a tenant cluster: vxlan between the nodes, rules by nftables. The program writes the CNI configuration itself. */
export function flannel(input: FlannelInput): readonly KubeObject[] {
  return [
    {
      apiVersion: 'v1',
      kind: 'Namespace',
      metadata: { name: namespace, labels: { ...labels, 'pod-security.kubernetes.io/enforce': 'privileged' } },
    },
    { apiVersion: 'v1', kind: 'ServiceAccount', metadata: { name, namespace, labels } },
    {
      apiVersion: 'rbac.authorization.k8s.io/v1',
      kind: 'ClusterRole',
      metadata: { name, labels },
      rules: [
        { apiGroups: [''], resources: ['pods'], verbs: ['get'] },
        { apiGroups: [''], resources: ['nodes'], verbs: ['get', 'list', 'watch'] },
        { apiGroups: [''], resources: ['nodes/status'], verbs: ['patch'] },
      ],
    },
    {
      apiVersion: 'rbac.authorization.k8s.io/v1',
      kind: 'ClusterRoleBinding',
      metadata: { name, labels },
      roleRef: { apiGroup: 'rbac.authorization.k8s.io', kind: 'ClusterRole', name },
      subjects: [{ kind: 'ServiceAccount', name, namespace }],
    },
    {
      apiVersion: 'v1',
      kind: 'ConfigMap',
      metadata: { name, namespace, labels },
      data: {
        'net-conf.json': JSON.stringify({
          Network: input.cluster.network.podCidr,
          EnableNFTables: true,
          Backend: { Type: 'vxlan' },
        }),
      },
    },
    daemonSet(input),
  ];
}

function daemonSet({ settings, endpoint }: FlannelInput): KubeObject {
  const api = new URL(endpoint);
  return {
    apiVersion: 'apps/v1',
    kind: 'DaemonSet',
    metadata: { name, namespace, labels },
    spec: {
      selector: { matchLabels: { 'app.kubernetes.io/name': name } },
      template: {
        metadata: { labels },
        spec: {
          hostNetwork: true,
          priorityClassName: 'system-node-critical',
          serviceAccountName: name,
          tolerations: [{ operator: 'Exists' }],
          containers: [
            {
              name,
              image: settings.images.flannel,
              args: ['--ip-masq', '--net-config-path=/etc/kube-flannel/net-conf.json'],
              env: [
                { name: 'NODE_NAME', valueFrom: { fieldRef: { fieldPath: 'spec.nodeName' } } },
                { name: 'KUBERNETES_SERVICE_HOST', value: api.hostname },
                { name: 'KUBERNETES_SERVICE_PORT', value: api.port === '' ? '443' : api.port },
              ],
              readinessProbe: {
                httpGet: { host: '127.0.0.1', path: '/readyz', port: 8081, scheme: 'HTTP' },
                periodSeconds: 2,
              },
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
            { name: 'run', hostPath: { path: '/run/flannel', type: 'DirectoryOrCreate' } },
            { name: 'cni', hostPath: { path: '/etc/cni/net.d', type: 'DirectoryOrCreate' } },
            { name: 'config', configMap: { name } },
          ],
        },
      },
    },
  };
}
