import type { KubeObject } from '@matryoshka/kube';

/** Label of the namespaces, and of everything in them, that belong to a customer's cluster. */
export const clusterLabel = 'matryoshka.dev/cluster';

/** Label of the same namespaces: how much of its control plane a cluster may lose. */
export const tierLabel = 'matryoshka.dev/tier';

/** Label that Kamaji gives to the pods of a control plane (internal/builders/controlplane/deployment.go, setSelector). */
export const controlPlanePodLabel = 'kamaji.clastix.io/name';

const prefix = 'matryoshka-control-plane';
const apiVersion = 'admissionregistration.k8s.io/v1';

/** Programs of a control plane that have a startup probe, in Kamaji's order: the merge would change it otherwise. */
const programs = ['kube-apiserver', 'kube-scheduler', 'kube-controller-manager'] as const;

/** Asked every second, three minutes long: an API server needs 5 to 40 s, depending on what else the node does. */
const startup = { periodSeconds: 1, failureThreshold: 180 } as const;

/**
 * How long an API server that ends goes on answering, while load balancers learn that it ends (its flag --shutdown-delay-duration), and how long those that it needs
 * for that stay: then it has answered what it had taken, too.
 */
export const drain = { apiServerSeconds: 5, othersSeconds: 12 } as const;

/** The change of one program, as a CEL object construction: merged into the pod like a server-side apply. */
const container = (program: string, change: string): string => `Object.spec.containers{name: "${program}", ${change}}`;

const quickStart = (program: string): string =>
  container(
    program,
    'startupProbe: Object.spec.containers.startupProbe{' +
      `periodSeconds: ${startup.periodSeconds}, failureThreshold: ${startup.failureThreshold}}`,
  );

const staying = (program: string): string =>
  container(
    program,
    'lifecycle: Object.spec.containers.lifecycle{preStop: Object.spec.containers.lifecycle.preStop{' +
      `sleep: Object.spec.containers.lifecycle.preStop.sleep{seconds: ${drain.othersSeconds}}}}`,
  );

const quickReadiness = container(
  'kube-apiserver',
  'readinessProbe: Object.spec.containers.readinessProbe{periodSeconds: 1, timeoutSeconds: 1, failureThreshold: 1}',
);

/** Where the controller manager of a cluster has the authority that it signs by, when that is not the first of those that are trusted: `tls.crt` and `tls.key`. */
export const signerPath = '/etc/matryoshka/signer';

const manager = 'kube-controller-manager';
const signingArguments = [
  ['--cluster-signing-cert-file=', 'tls.crt'],
  ['--cluster-signing-key-file=', 'tls.key'],
].reduceRight(
  (otherwise, [flag, file]) => `a.startsWith("${flag}") ? "${flag}${signerPath}/${file}" : (${otherwise})`,
  'a',
);
/** Lists of arguments cannot be merged, so that this one is a JSON patch, which needs to know the place of the program. */
const ownSigner = [
  '[JSONPatch{op: "replace",',
  `path: "/spec/containers/" + string([0, 1, 2, 3, 4, 5, 6, 7].filter(i, i < size(object.spec.containers) && object.spec.containers[i].name == "${manager}")[0]) + "/args",`,
  `value: object.spec.containers.filter(c, c.name == "${manager}")[0].args.map(a, ${signingArguments})}]`,
].join(' ');

interface Change {
  readonly name: string;
  /** Which of our namespaces; default: all. */
  readonly namespaces?: Readonly<Record<string, string>>;
  /** Programs that must be there, with what of them. */
  readonly when: readonly (readonly [program: string, condition: string])[];
  /** What is merged into the pod, by program; or a patch of it. */
  readonly change: readonly string[] | { readonly jsonPatch: string };
}

/**
 * Policies of the management cluster for the pods of customers' control planes (docs/adr/0011): what Kamaji's provider has no field for. Need Kubernetes 1.36; a policy that
 * fails changes nothing. Kamaji's own values are in internal/builders/controlplane/deployment.go.
 */
const changes: readonly Change[] = [
  // Every 10 s, three times, lets a control plane that needs 11 s wait until 20, and ends one that needs more than 30.
  {
    name: 'pods',
    when: programs.map((program) => [program, 'has(c.startupProbe)']),
    change: programs.map(quickStart),
  },
  // kine ends within a moment, and an API server without it answers nothing; agents' tunnels end with the konnectivity server.
  ...['kine', 'konnectivity-server'].map((program) => ({
    name: `stay-${program}`,
    when: [[program, '!has(c.lifecycle)']] as const,
    change: [staying(program)],
  })),
  // Another replica answers in its place, so that one late answer is enough to leave it out. The only one of a cluster is left in.
  {
    name: 'ready',
    namespaces: { [tierLabel]: 'ha' },
    when: [['kube-apiserver', 'has(c.readinessProbe)']],
    change: [quickReadiness],
  },
  // Kamaji lets nobody say by which file it signs, and the one that everybody trusts holds two authorities during a rotation.
  {
    name: 'signer',
    when: [[manager, `has(c.args) && has(c.volumeMounts) && c.volumeMounts.exists(m, m.mountPath == "${signerPath}")`]],
    change: { jsonPatch: ownSigner },
  },
];

const mutation = (change: Change['change']): unknown =>
  'jsonPatch' in change
    ? { patchType: 'JSONPatch', jsonPatch: { expression: change.jsonPatch } }
    : {
        patchType: 'ApplyConfiguration',
        applyConfiguration: { expression: `Object{spec: Object.spec{containers: [${change.join(', ')}]}}` },
      };

/** The policies with their bindings. */
export function controlPlanePodsManifests(): readonly KubeObject[] {
  return changes.flatMap(({ name: short, namespaces, when, change }) => {
    const name = `${prefix}-${short}`;
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
            namespaceSelector: {
              ...(namespaces === undefined ? {} : { matchLabels: namespaces }),
              matchExpressions: [{ key: clusterLabel, operator: 'Exists' }],
            },
            objectSelector: { matchExpressions: [{ key: controlPlanePodLabel, operator: 'Exists' }] },
          },
          matchConditions: when.map(([program, condition]) => ({
            name: program,
            expression: `object.spec.containers.exists(c, c.name == "${program}" && ${condition})`,
          })),
          mutations: [mutation(change)],
        },
      },
      { apiVersion, kind: 'MutatingAdmissionPolicyBinding', metadata: { name }, spec: { policyName: name } },
    ] as readonly KubeObject[];
  });
}
