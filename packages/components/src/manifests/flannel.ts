import type { ManifestObject } from './object.ts';

export interface FlannelOptions {
  /** Network that the Nodes' pod CIDRs are cut from. */
  readonly podCidr: string;
  readonly image: string;
  /** Address of the API for flannel, which must not depend on kube-proxy; default the in-cluster Service. */
  readonly apiServer?: { readonly host: string; readonly port: number };
}

const name = 'flannel';
const namespace = 'kube-flannel';
const labels = { 'app.kubernetes.io/name': name };

/**
 * flannel for our flanneld (packages/components/go/flannel): vxlan, masquerading by nftables, leases from Node.spec.podCIDR; it writes the CNI
 * configuration itself, so nodes need only the plugins bridge, host-local and portmap.
 */
export function flannelManifests(options: FlannelOptions): readonly ManifestObject[] {
  const group = 'rbac.authorization.k8s.io';
  const config = { Network: options.podCidr, EnableNFTables: true, Backend: { Type: 'vxlan' } };
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
      data: { 'net-conf.json': JSON.stringify(config) },
    },
    daemonSet(options),
  ];
}

function daemonSet({ image, apiServer }: FlannelOptions): ManifestObject {
  const hostPath = (volume: string, path: string): object => ({
    name: volume,
    hostPath: { path, type: 'DirectoryOrCreate' },
  });
  const env: object[] = [{ name: 'NODE_NAME', valueFrom: { fieldRef: { fieldPath: 'spec.nodeName' } } }];
  if (apiServer !== undefined)
    env.push(
      { name: 'KUBERNETES_SERVICE_HOST', value: apiServer.host },
      { name: 'KUBERNETES_SERVICE_PORT', value: String(apiServer.port) },
    );
  return {
    apiVersion: 'apps/v1',
    kind: 'DaemonSet',
    metadata: { name, namespace, labels },
    spec: {
      selector: { matchLabels: labels },
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
              image,
              imagePullPolicy: 'IfNotPresent',
              env,
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
