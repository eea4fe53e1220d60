import type { KubeObject } from '@matryoshka/kube';

export interface StoreQuota {
  /** The cluster stores more than it may. */
  readonly frozen: boolean;
  /** Null: there is no limit. */
  readonly quotaBytes: number | null;
}

const name = 'matryoshka-store-quota';
const group = 'admissionregistration.k8s.io/v1';

/** Matches nothing: asked of no request, so that the policy costs nothing until it is needed. */
const nothing = [
  { apiGroups: ['nothing.matryoshka.invalid'], apiVersions: ['v1'], operations: ['CREATE'], resources: ['*'] },
];

/** What makes a store larger: new objects, and what people put much into. Status, scale, eviction and the like are subresources, and stay possible. */
const growth = [
  { apiGroups: ['*'], apiVersions: ['*'], operations: ['CREATE'], resources: ['*'] },
  { apiGroups: [''], apiVersions: ['v1'], operations: ['UPDATE'], resources: ['configmaps', 'secrets'] },
];

/** What the cluster lives on: heartbeats and leaders, questions that store nothing, and the requests by which nodes join. */
const always = ['coordination.k8s.io', 'authentication.k8s.io', 'authorization.k8s.io', 'certificates.k8s.io'].map(
  (apiGroup) => ({
    ...{ apiGroups: [apiGroup], apiVersions: ['*'], operations: ['*'], resources: ['*'] },
  }),
);

const isNot = (what: string, expression: string) => ({ name: what, expression: `!(${expression})` });

/** Kubernetes itself goes on: what runs is kept running. */
const others = [
  isNot('administrators', "request.userInfo.groups.exists(name, name == 'system:masters')"),
  isNot('nodes', "request.userInfo.username.startsWith('system:node:')"),
  isNot('components', "request.userInfo.username.startsWith('system:kube-')"),
  isNot('controllers', "request.userInfo.username.startsWith('system:serviceaccount:kube-system:')"),
  isNot('what-goes', "request.operation == 'UPDATE' && has(object.metadata.deletionTimestamp)"),
];

/**
 * A policy of the customer's API server (kubernetes.io, "Validating Admission Policy") that refuses whatever makes its store larger while that is over its quota, and says why. Reading and deleting go on. It is
 * there from the beginning and asked of nothing, so that freezing and thawing are a change and never a deletion.
 */
export function storeQuotaManifests({ frozen, quotaBytes }: StoreQuota): readonly KubeObject[] {
  const limit =
    quotaBytes === null ? 'its quota' : `the ${(quotaBytes / 2 ** 30).toLocaleString('en')} GiB it may have`;
  const message = `the store of this cluster has more than ${limit}: delete objects that are not needed; new ones are accepted again some minutes after enough of them are gone`;
  return [
    {
      apiVersion: group,
      kind: 'ValidatingAdmissionPolicy',
      metadata: { name },
      spec: {
        failurePolicy: 'Ignore',
        matchConstraints: { resourceRules: frozen ? growth : nothing, excludeResourceRules: always },
        matchConditions: others,
        validations: [{ expression: 'false', reason: 'Forbidden', message }],
      },
    },
    {
      apiVersion: group,
      kind: 'ValidatingAdmissionPolicyBinding',
      metadata: { name },
      spec: { policyName: name, validationActions: ['Deny'] },
    },
  ];
}
