import type { KubeObject } from '@matryoshka/kube';
import { shortHash } from '@matryoshka/system';
import { stringify } from 'yaml';

const name = 'kube-proxy';
const namespace = 'kube-system';
const labels = { 'k8s-app': name, 'app.kubernetes.io/managed-by': 'matryoshka' };

export interface KubeProxyOptions {
  readonly podCidr: string;
  readonly image: string;
  /** `https://host:port` of the cluster's API: Services work only once kube-proxy does. */
  readonly endpoint: string;
}

/**
 * The kube-proxy of a tenant cluster, by nftables. Not Kamaji's add-on, whose settings cannot be changed: it would write kernel values that belong
 * to the host of a system container, and end (docs/adr/0009).
 */
export function kubeProxyManifests(options: KubeProxyOptions): readonly KubeObject[] {
  return [
    { apiVersion: 'v1', kind: 'ServiceAccount', metadata: { name, namespace, labels } },
    {
      apiVersion: 'rbac.authorization.k8s.io/v1',
      kind: 'ClusterRoleBinding',
      metadata: { name: 'matryoshka:node-proxier', labels },
      // Kubernetes' own role (plugin/pkg/auth/authorizer/rbac/bootstrappolicy/policy.go).
      roleRef: { apiGroup: 'rbac.authorization.k8s.io', kind: 'ClusterRole', name: 'system:node-proxier' },
      subjects: [{ kind: 'ServiceAccount', name, namespace }],
    },
    {
      apiVersion: 'v1',
      kind: 'ConfigMap',
      metadata: { name, namespace, labels },
      data: { 'config.conf': stringify(configuration(options)), 'kubeconfig.conf': stringify(kubeconfig(options)) },
    },
    daemonSet(options),
  ];
}

function configuration({ podCidr }: KubeProxyOptions): unknown {
  return {
    apiVersion: 'kubeproxy.config.k8s.io/v1alpha1',
    kind: 'KubeProxyConfiguration',
    mode: 'nftables',
    clusterCIDR: podCidr,
    clientConnection: { kubeconfig: '/var/lib/kube-proxy/kubeconfig.conf' },
    // Zero = leave the kernel's values. The worker image sets them where the kernel is the machine's own.
    conntrack: { maxPerCore: 0, min: 0, tcpEstablishedTimeout: '0s', tcpCloseWaitTimeout: '0s' },
  };
}

function kubeconfig({ endpoint }: KubeProxyOptions): unknown {
  const account = '/var/run/secrets/kubernetes.io/serviceaccount';
  return {
    apiVersion: 'v1',
    kind: 'Config',
    clusters: [{ name: 'default', cluster: { server: endpoint, 'certificate-authority': `${account}/ca.crt` } }],
    users: [{ name: 'default', user: { tokenFile: `${account}/token` } }],
    contexts: [{ name: 'default', context: { cluster: 'default', user: 'default' } }],
    'current-context': 'default',
  };
}

function daemonSet(options: KubeProxyOptions): KubeObject {
  const selector = { 'k8s-app': name };
  return {
    apiVersion: 'apps/v1',
    kind: 'DaemonSet',
    metadata: { name, namespace, labels },
    spec: {
      selector: { matchLabels: selector },
      updateStrategy: { type: 'RollingUpdate' },
      template: {
        metadata: {
          labels,
          // The program reads its files once: a change starts new pods.
          annotations: { 'matryoshka.dev/config': shortHash([configuration(options), kubeconfig(options)]) },
        },
        spec: {
          hostNetwork: true,
          priorityClassName: 'system-node-critical',
          serviceAccountName: name,
          nodeSelector: { 'kubernetes.io/os': 'linux' },
          tolerations: [{ operator: 'Exists' }],
          containers: [
            {
              name,
              image: options.image,
              command: [
                '/usr/local/bin/kube-proxy',
                '--config=/var/lib/kube-proxy/config.conf',
                '--hostname-override=$(NODE_NAME)',
              ],
              env: [{ name: 'NODE_NAME', valueFrom: { fieldRef: { fieldPath: 'spec.nodeName' } } }],
              readinessProbe: { httpGet: { path: '/healthz', port: 10_256 }, periodSeconds: 2 },
              resources: { requests: { cpu: '10m', memory: '32Mi' } },
              securityContext: { privileged: true },
              volumeMounts: [
                { name: 'config', mountPath: '/var/lib/kube-proxy' },
                { name: 'lock', mountPath: '/run/xtables.lock' },
                { name: 'modules', mountPath: '/lib/modules', readOnly: true },
              ],
            },
          ],
          volumes: [
            { name: 'config', configMap: { name } },
            { name: 'lock', hostPath: { path: '/run/xtables.lock', type: 'FileOrCreate' } },
            { name: 'modules', hostPath: { path: '/lib/modules' } },
          ],
        },
      },
    },
  };
}
