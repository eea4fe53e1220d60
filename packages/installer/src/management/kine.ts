import { stringify } from 'yaml';

export interface KineInput {
  readonly image: string;
  readonly postgresHost: string;
  readonly postgresPort: number;
  readonly role: string;
  readonly database: string;
}

/** Folder on the machine that holds the authority's certificate and the password file. */
export const kineDir = '/etc/kubernetes/kine';

/** kine as a static pod: kubelet starts it before, and restarts it without, an API server. */
export function kineManifest(input: KineInput): string {
  return stringify({
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: { name: 'kine', namespace: 'kube-system', labels: { component: 'kine', tier: 'control-plane' } },
    spec: {
      hostNetwork: true,
      priorityClassName: 'system-node-critical',
      securityContext: { runAsUser: 0, seccompProfile: { type: 'RuntimeDefault' } },
      containers: [
        {
          name: 'kine',
          image: input.image,
          imagePullPolicy: 'IfNotPresent',
          args: [
            `--endpoint=postgres://${input.role}@${input.postgresHost}:${input.postgresPort}/${input.database}?sslmode=verify-full`,
            '--listen-address=http://127.0.0.1:2379',
            `--ca-file=${kineDir}/ca.crt`,
            '--metrics-bind-address=0',
          ],
          // The password stays out of the pod's specification, which the API shows.
          env: [{ name: 'PGPASSFILE', value: `${kineDir}/pgpass` }],
          resources: { requests: { cpu: '50m', memory: '50Mi' } },
          volumeMounts: [{ name: 'kine', mountPath: kineDir, readOnly: true }],
        },
      ],
      volumes: [{ name: 'kine', hostPath: { path: kineDir, type: 'Directory' } }],
    },
  });
}

/** A password file as libpq and pgx read it. Our names and passwords hold no `:` or `\`, which it would have to escape. */
export function passwordFile(input: KineInput, password: string): string {
  return `${input.postgresHost}:${input.postgresPort}:${input.database}:${input.role}:${password}\n`;
}
