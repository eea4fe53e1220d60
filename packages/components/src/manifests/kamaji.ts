import type { CertificateNeed, ManifestObject } from './object.ts';

export interface KamajiInput {
  readonly image: string;
  readonly kineImage: string;
  /** The CRDs of the chart. */
  readonly definitions: readonly ManifestObject[];
  /** The rules of the chart's ClusterRole, as parsed (one list per document). */
  readonly rules: readonly (readonly unknown[])[];
}

const namespace = 'kamaji-system';
const account = 'kamaji-controller-manager';
const labels = { 'app.kubernetes.io/name': 'kamaji', 'app.kubernetes.io/instance': 'kamaji' };
const service = 'kamaji-webhook-service';
const certificate: CertificateNeed = {
  namespace,
  name: 'kamaji-serving-cert',
  secretName: 'kamaji-webhook-server-cert',
  dnsNames: [`${service}.${namespace}.svc`, `${service}.${namespace}.svc.cluster.local`],
};

/**
 * Kamaji as its chart (charts/kamaji of the module) installs it, with these differences: no DataStore (the installer makes it), no telemetry,
 * more memory, and of its webhooks only the one that sets defaults: the validating one refuses Kubernetes versions newer than this Kamaji.
 */
export function kamajiManifests(input: KamajiInput): {
  readonly objects: readonly ManifestObject[];
  readonly certificates: readonly CertificateNeed[];
} {
  return {
    objects: [
      ...input.definitions.map(withoutConversion),
      { apiVersion: 'v1', kind: 'Namespace', metadata: { name: namespace } },
      { apiVersion: 'v1', kind: 'ServiceAccount', metadata: { name: account, namespace, labels } },
      ...accessControl(input.rules.flat()),
      {
        apiVersion: 'v1',
        kind: 'Service',
        metadata: { name: service, namespace, labels },
        spec: {
          selector: labels,
          ports: [{ name: 'webhook-server', port: 443, protocol: 'TCP', targetPort: 'webhook-server' }],
        },
      },
      deployment(input),
      defaultingWebhook(),
    ],
    certificates: [certificate],
  };
}

// There is one version of each kind: nothing to convert, and no webhook that could be asked.
function withoutConversion(definition: ManifestObject): ManifestObject {
  const { conversion: _, ...spec } = definition.spec as Readonly<Record<string, unknown>>;
  const { 'cert-manager.io/inject-ca-from': __, ...annotations } = definition.metadata.annotations ?? {};
  return { ...definition, metadata: { ...definition.metadata, annotations }, spec };
}

function accessControl(rules: readonly unknown[]): readonly ManifestObject[] {
  const group = 'rbac.authorization.k8s.io';
  const apiVersion = `${group}/v1`;
  const subjects = [{ kind: 'ServiceAccount', name: account, namespace }];
  const leader = 'kamaji-leader-election-role';
  const manager = 'kamaji-manager-role';
  const writes = ['get', 'list', 'watch', 'create', 'update', 'patch', 'delete'];
  return [
    {
      apiVersion,
      kind: 'Role',
      metadata: { name: leader, namespace, labels },
      rules: [
        { apiGroups: [''], resources: ['configmaps'], verbs: writes },
        { apiGroups: ['coordination.k8s.io'], resources: ['leases'], verbs: writes },
        { apiGroups: [''], resources: ['events'], verbs: ['create', 'patch'] },
      ],
    },
    {
      apiVersion,
      kind: 'RoleBinding',
      metadata: { name: `${leader}binding`, namespace, labels },
      roleRef: { apiGroup: group, kind: 'Role', name: leader },
      subjects,
    },
    { apiVersion, kind: 'ClusterRole', metadata: { name: manager, labels }, rules },
    {
      apiVersion,
      kind: 'ClusterRoleBinding',
      metadata: { name: `${manager}binding`, labels },
      roleRef: { apiGroup: group, kind: 'ClusterRole', name: manager },
      subjects,
    },
  ];
}

function deployment(input: KamajiInput): ManifestObject {
  const field = (name: string, fieldPath: string): object => ({ name, valueFrom: { fieldRef: { fieldPath } } });
  const probe = (path: string, initialDelaySeconds: number, periodSeconds: number): object => ({
    httpGet: { path, port: 'healthcheck' },
    initialDelaySeconds,
    periodSeconds,
  });
  return {
    apiVersion: 'apps/v1',
    kind: 'Deployment',
    metadata: { name: 'kamaji', namespace, labels },
    spec: {
      replicas: 1,
      selector: { matchLabels: labels },
      template: {
        metadata: { labels },
        spec: {
          serviceAccountName: account,
          securityContext: { runAsNonRoot: true, runAsUser: 65532 },
          terminationGracePeriodSeconds: 10,
          containers: [
            {
              name: 'manager',
              image: input.image,
              imagePullPolicy: 'IfNotPresent',
              args: [
                'manager',
                '--health-probe-bind-address=:8081',
                '--leader-elect',
                '--metrics-bind-address=:8080',
                '--tmp-directory=/tmp/kamaji',
                '--datastore=default',
                '--disable-telemetry',
                `--kine-image=${input.kineImage}`,
                `--migrate-image=${input.image}`,
                `--webhook-service-name=${service}`,
                '--max-concurrent-tcp-reconciles=4',
              ],
              env: [field('POD_NAMESPACE', 'metadata.namespace'), field('SERVICE_ACCOUNT', 'spec.serviceAccountName')],
              ports: [
                { name: 'webhook-server', containerPort: 9443, protocol: 'TCP' },
                { name: 'metrics', containerPort: 8080, protocol: 'TCP' },
                { name: 'healthcheck', containerPort: 8081, protocol: 'TCP' },
              ],
              livenessProbe: probe('/healthz', 15, 20),
              readinessProbe: probe('/readyz', 1, 5),
              resources: { requests: { cpu: '100m', memory: '100Mi' }, limits: { memory: '512Mi' } },
              securityContext: { allowPrivilegeEscalation: false, capabilities: { drop: ['ALL'] } },
              volumeMounts: [
                { name: 'tmp', mountPath: '/tmp' },
                { name: 'cert', mountPath: '/tmp/k8s-webhook-server/serving-certs', readOnly: true },
              ],
            },
          ],
          volumes: [
            { name: 'tmp', emptyDir: { medium: 'Memory' } },
            { name: 'cert', secret: { secretName: certificate.secretName, defaultMode: 0o644 } },
          ],
        },
      },
    },
  };
}

function defaultingWebhook(): ManifestObject {
  return {
    apiVersion: 'admissionregistration.k8s.io/v1',
    kind: 'MutatingWebhookConfiguration',
    metadata: {
      name: 'kamaji-mutating-webhook-configuration',
      labels,
      annotations: { 'cert-manager.io/inject-ca-from': `${namespace}/${certificate.name}` },
    },
    webhooks: [
      {
        name: 'mtenantcontrolplane.kb.io',
        admissionReviewVersions: ['v1'],
        clientConfig: {
          service: { name: service, namespace, path: '/mutate-kamaji-clastix-io-v1alpha1-tenantcontrolplane' },
        },
        failurePolicy: 'Fail',
        sideEffects: 'None',
        rules: [
          {
            apiGroups: ['kamaji.clastix.io'],
            apiVersions: ['v1alpha1'],
            operations: ['CREATE', 'UPDATE'],
            resources: ['tenantcontrolplanes'],
          },
        ],
      },
    ],
  };
}
