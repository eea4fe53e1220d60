import type { KubeObject } from '@matryoshka/kube';

export interface CloudControllerManagerOptions {
  readonly image: string;
  /** Names the cluster's load balancers (`kube_service_<cluster name>_…`). */
  readonly clusterName: string;
  /** The text of cloud.conf (cloud-provider-openstack, "Using OpenStack Cloud Controller Manager"). Holds credentials. */
  readonly cloudConfig: string;
}

const name = 'openstack-cloud-controller-manager';
const namespace = 'kube-system';
const account = 'cloud-controller-manager';
const labels = { 'app.kubernetes.io/name': name };

/** The OpenStack cloud controller manager of the management cluster: on a control plane node, on the host's network, because nodes wait for it to become usable. */
export function cloudControllerManagerManifests(options: CloudControllerManagerOptions): readonly KubeObject[] {
  const group = 'rbac.authorization.k8s.io';
  const role = 'system:cloud-controller-manager';
  return [
    { apiVersion: 'v1', kind: 'ServiceAccount', metadata: { name: account, namespace, labels } },
    {
      apiVersion: 'v1',
      kind: 'Secret',
      metadata: { name: 'cloud-config', namespace, labels },
      data: { 'cloud.conf': Buffer.from(options.cloudConfig).toString('base64') },
    },
    { apiVersion: `${group}/v1`, kind: 'ClusterRole', metadata: { name: role, labels }, rules },
    {
      apiVersion: `${group}/v1`,
      kind: 'ClusterRoleBinding',
      metadata: { name: role, labels },
      roleRef: { apiGroup: group, kind: 'ClusterRole', name: role },
      subjects: [{ kind: 'ServiceAccount', name: account, namespace }],
    },
    // The authentication settings of the API server, which every controller manager with a secure port reads.
    {
      apiVersion: `${group}/v1`,
      kind: 'RoleBinding',
      metadata: { name: `${account}:apiserver-authentication-reader`, namespace, labels },
      roleRef: { apiGroup: group, kind: 'Role', name: 'extension-apiserver-authentication-reader' },
      subjects: [{ kind: 'ServiceAccount', name: account, namespace }],
    },
    deployment(options),
  ];
}

// After manifests/controller-manager/cloud-controller-manager-roles.yaml of the module.
const rules = [
  { apiGroups: ['coordination.k8s.io'], resources: ['leases'], verbs: ['get', 'create', 'update'] },
  { apiGroups: ['', 'events.k8s.io'], resources: ['events'], verbs: ['create', 'patch', 'update'] },
  { apiGroups: [''], resources: ['nodes'], verbs: ['*'] },
  { apiGroups: [''], resources: ['nodes/status', 'services/status'], verbs: ['patch'] },
  { apiGroups: [''], resources: ['services'], verbs: ['get', 'list', 'patch', 'update', 'watch'] },
  { apiGroups: [''], resources: ['serviceaccounts'], verbs: ['create', 'get'] },
  { apiGroups: [''], resources: ['serviceaccounts/token'], verbs: ['create'] },
  { apiGroups: [''], resources: ['endpoints'], verbs: ['create', 'get', 'list', 'watch', 'update'] },
  { apiGroups: ['discovery.k8s.io'], resources: ['endpointslices'], verbs: ['get', 'list', 'watch'] },
  { apiGroups: [''], resources: ['configmaps', 'secrets'], verbs: ['get', 'list', 'watch'] },
];

function deployment({ image, clusterName }: CloudControllerManagerOptions): KubeObject {
  return {
    apiVersion: 'apps/v1',
    kind: 'Deployment',
    metadata: { name, namespace, labels },
    spec: {
      replicas: 1,
      strategy: { type: 'Recreate' },
      selector: { matchLabels: labels },
      template: {
        metadata: { labels },
        spec: {
          serviceAccountName: account,
          hostNetwork: true,
          priorityClassName: 'system-cluster-critical',
          nodeSelector: { 'node-role.kubernetes.io/control-plane': '' },
          tolerations: [{ operator: 'Exists' }],
          securityContext: { runAsNonRoot: true, runAsUser: 65532 },
          containers: [
            {
              name,
              image,
              imagePullPolicy: 'IfNotPresent',
              command: ['/bin/openstack-cloud-controller-manager'],
              args: [
                '--v=1',
                '--cloud-provider=openstack',
                '--cloud-config=/etc/config/cloud.conf',
                `--cluster-name=${clusterName}`,
                '--use-service-account-credentials=false',
                '--controllers=cloud-node,cloud-node-lifecycle,service',
                '--bind-address=127.0.0.1',
              ],
              resources: { requests: { cpu: '10m', memory: '48Mi' } },
              volumeMounts: [{ name: 'config', mountPath: '/etc/config', readOnly: true }],
            },
          ],
          volumes: [{ name: 'config', secret: { secretName: 'cloud-config' } }],
        },
      },
    },
  };
}
