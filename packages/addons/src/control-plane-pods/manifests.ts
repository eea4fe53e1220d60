import type { KubeObject } from '@matryoshka/kube';

/** Label of the namespaces, and of everything in them, that belong to a customer's cluster. */
export const clusterLabel = 'matryoshka.dev/cluster';

/** Label that Kamaji gives to the pods of a control plane (internal/builders/controlplane/deployment.go, setSelector). */
export const controlPlanePodLabel = 'kamaji.clastix.io/name';

const name = 'matryoshka-control-plane-pods';
const apiVersion = 'admissionregistration.k8s.io/v1';

/** Programs of a control plane that have a startup probe, in Kamaji's order: the merge would change it otherwise. */
const programs = ['kube-apiserver', 'kube-scheduler', 'kube-controller-manager'] as const;

/** Asked every second, three minutes long: an API server needs 5 to 40 s, depending on what else the node does. */
const probe = { periodSeconds: 1, failureThreshold: 180 } as const;

/** The change of one program, as a CEL object construction: merged into the pod like a server-side apply. */
const quickProbe = (program: string): string =>
  `Object.spec.containers{name: "${program}", startupProbe: Object.spec.containers.startupProbe{` +
  `periodSeconds: ${probe.periodSeconds}, failureThreshold: ${probe.failureThreshold}}}`;

/**
 * A policy of the management cluster that changes the startup probes of customers' control planes (docs/adr/0011). Kamaji's provider offers no
 * field for them, and its values (every 10 s, three times; internal/builders/controlplane/deployment.go) let a control plane that needs 11 s
 * wait until 20, and end one that needs more than 30. Needs Kubernetes 1.36; a policy that fails changes nothing.
 */
export function controlPlanePodsManifests(): readonly KubeObject[] {
  return [
    {
      apiVersion,
      kind: 'MutatingAdmissionPolicy',
      metadata: { name },
      spec: {
        failurePolicy: 'Ignore',
        reinvocationPolicy: 'Never',
        matchConstraints: {
          resourceRules: [{ apiGroups: [''], apiVersions: ['v1'], operations: ['CREATE'], resources: ['pods'] }],
          // Only what we made: other TenantControlPlanes of the management cluster are none of our business.
          namespaceSelector: { matchExpressions: [{ key: clusterLabel, operator: 'Exists' }] },
          objectSelector: { matchExpressions: [{ key: controlPlanePodLabel, operator: 'Exists' }] },
        },
        matchConditions: programs.map((program) => ({
          name: program,
          expression: `object.spec.containers.exists(c, c.name == "${program}" && has(c.startupProbe))`,
        })),
        mutations: [
          {
            patchType: 'ApplyConfiguration',
            applyConfiguration: {
              expression: `Object{spec: Object.spec{containers: [${programs.map(quickProbe).join(', ')}]}}`,
            },
          },
        ],
      },
    },
    { apiVersion, kind: 'MutatingAdmissionPolicyBinding', metadata: { name }, spec: { policyName: name } },
  ] as readonly KubeObject[];
}
