import type { KubeObject } from '@matryoshka/kube';
import { stringify } from 'yaml';
import { labelsOf } from '../labels.ts';
import type { ManifestInput } from './input.ts';

export const auditName = (clusterId: string): string => `${clusterId}-audit`;
const folder = '/etc/kubernetes/audit';
const file = 'policy.yaml';
export const auditMount = { name: 'audit', mountPath: folder, readOnly: true };

/** Events go where the log goes, one line each: the kubelet keeps and rotates both, and no volume fills. */
export const auditArguments = [`--audit-policy-file=${folder}/${file}`, '--audit-log-path=-'] as const;

/**
 * Who changed what, and who read secrets, without the contents; not what the parts of Kubernetes say to each other all the time.
 * Source: audit.k8s.io/v1 Policy; the first rule that fits decides.
 */
const policy = {
  apiVersion: 'audit.k8s.io/v1',
  kind: 'Policy',
  omitStages: ['RequestReceived'],
  omitManagedFields: true,
  rules: [
    {
      level: 'None',
      nonResourceURLs: ['/healthz*', '/livez*', '/readyz*', '/version', '/openapi*', '/metrics', '/api*'],
    },
    { level: 'None', resources: [{ group: 'coordination.k8s.io', resources: ['leases'] }] },
    { level: 'None', resources: [{ group: '', resources: ['events'] }, { group: 'events.k8s.io' }] },
    { level: 'None', users: ['system:apiserver'] },
    { level: 'Metadata', verbs: ['get', 'list'], resources: [{ group: '', resources: ['secrets'] }] },
    { level: 'None', verbs: ['get', 'list', 'watch'] },
    {
      level: 'None',
      userGroups: ['system:nodes'],
      resources: [{ group: '', resources: ['nodes/status', 'pods/status'] }],
    },
    { level: 'None', userGroups: ['system:nodes'], resources: [{ group: '', resources: ['serviceaccounts/token'] }] },
    { level: 'None', users: ['system:kube-scheduler', 'system:kube-controller-manager'], verbs: ['update', 'patch'] },
    { level: 'None', resources: [{ group: 'authentication.k8s.io' }, { group: 'authorization.k8s.io' }] },
    { level: 'Metadata' },
  ],
};

export function auditConfigMap({ cluster }: ManifestInput): KubeObject {
  return {
    apiVersion: 'v1',
    kind: 'ConfigMap',
    metadata: { name: auditName(cluster.id), namespace: cluster.id, labels: labelsOf(cluster) },
    data: { [file]: stringify(policy) },
  };
}
