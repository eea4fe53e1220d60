import type { KubeObject } from '@matryoshka/kube';

/** Group of a role of the service inside of a customer's cluster. */
export const accessGroup = (role: 'viewer' | 'operator' | 'admin'): string => `kaas:${role}`;

const rbac = 'rbac.authorization.k8s.io';

function binding(name: string, group: string, clusterRole: string): KubeObject {
  return {
    apiVersion: `${rbac}/v1`,
    kind: 'ClusterRoleBinding',
    metadata: { name },
    roleRef: { apiGroup: rbac, kind: 'ClusterRole', name: clusterRole },
    subjects: [{ apiGroup: rbac, kind: 'Group', name: group }],
  };
}

/** What people look at besides what lies in namespaces. None of it is secret. */
const clusterReads: readonly { readonly apiGroups: readonly string[]; readonly resources: readonly string[] }[] = [
  { apiGroups: [''], resources: ['nodes', 'persistentvolumes'] },
  { apiGroups: ['storage.k8s.io'], resources: ['storageclasses', 'csidrivers', 'csinodes', 'volumeattachments'] },
  { apiGroups: ['snapshot.storage.k8s.io'], resources: ['volumesnapshotclasses', 'volumesnapshotcontents'] },
  { apiGroups: ['apiextensions.k8s.io'], resources: ['customresourcedefinitions'] },
  { apiGroups: ['scheduling.k8s.io'], resources: ['priorityclasses'] },
  { apiGroups: ['networking.k8s.io'], resources: ['ingressclasses'] },
  { apiGroups: ['metrics.k8s.io'], resources: ['nodes', 'pods'] },
];

/**
 * What the roles of the service may do in a cluster: an administrator everything; an operator works with what lies in namespaces (Kubernetes'
 * own role `edit`, with its secrets); a viewer reads it without secrets (`view`). A customer binds more to the groups or to single users.
 */
export function accessManifests(): readonly KubeObject[] {
  const looking = 'kaas:look-at-cluster';
  return [
    {
      apiVersion: `${rbac}/v1`,
      kind: 'ClusterRole',
      metadata: { name: looking },
      rules: clusterReads.map((rule) => ({ ...rule, verbs: ['get', 'list', 'watch'] })),
    },
    binding('kaas:admin', accessGroup('admin'), 'cluster-admin'),
    binding('kaas:operator', accessGroup('operator'), 'edit'),
    binding('kaas:viewer', accessGroup('viewer'), 'view'),
    ...(['operator', 'viewer'] as const).map((role) =>
      binding(`kaas:${role}-look-at-cluster`, accessGroup(role), looking),
    ),
  ];
}
