import assert from 'node:assert/strict';
import { join } from 'node:path';
import { run, sleep } from '@matryoshka/system';

const program = new URL('../../kaas', import.meta.url).pathname;
const image = 'docker.io/library/busybox:1.35.0';

/** A person at a terminal with a session of his own: `kaas …` and `kubectl …` against one service. */
export interface Person {
  kaas(argv: readonly string[], env?: Readonly<Record<string, string>>): Promise<string>;
  kubectl(argv: readonly string[], input?: string): Promise<string>;
}

export function person(url: string, folder: string, context: string, onLine: (line: string) => void): Person {
  const env = {
    KAAS_URL: url,
    KAAS_CONFIG: join(folder, 'session.json'),
    KUBECONFIG: join(folder, 'kubeconfig'),
    NO_COLOR: '1',
  };
  return {
    kaas: async (argv, more = {}) => (await run([program, ...argv], { env: { ...env, ...more }, onLine })).stdout,
    kubectl: async (argv, input) => {
      const options = { env, ...(input === undefined ? {} : { input }) };
      return (await run([program, 'kubectl', '--context', context, ...argv], options)).stdout;
    },
  };
}

const workload = `apiVersion: apps/v1
kind: Deployment
metadata: { name: hello }
spec:
  selector: { matchLabels: { app: hello } }
  template:
    metadata: { labels: { app: hello } }
    spec:
      terminationGracePeriodSeconds: 1
      containers:
        - name: hello
          image: ${image}
          command: [sh, -c]
          args: ['echo hello from $(hostname) | tee /www/index.html; exec httpd -f -p 8080 -h /www']
          volumeMounts: [{ name: www, mountPath: /www }]
      volumes: [{ name: www, emptyDir: {} }]
`;

const service = `apiVersion: v1
kind: Service
metadata: { name: hello }
spec: { type: LoadBalancer, selector: { app: hello }, ports: [{ port: 80, targetPort: 8080 }] }
`;

const disk = `apiVersion: v1
kind: PersistentVolumeClaim
metadata: { name: data }
spec: { accessModes: [ReadWriteOnce], resources: { requests: { storage: 1Gi } } }
---
apiVersion: v1
kind: Pod
metadata: { name: writer }
spec:
  terminationGracePeriodSeconds: 1
  securityContext: { fsGroup: 65532 }
  containers: [{ name: shell, image: ${image}, command: [sleep, inf], volumeMounts: [{ name: disk, mountPath: /disk }] }]
  volumes: [{ name: disk, persistentVolumeClaim: { claimName: data } }]
`;

/** The node is Ready and was given its server by the cloud controller manager. */
export async function nodeOf({ kubectl }: Person): Promise<string> {
  const path = '{range .items[*]}{.metadata.name} {.spec.providerID} {.spec.taints}{"\\n"}{end}';
  const [name = '', provider = '', taints = ''] = (await kubectl(['get', 'nodes', '-o', `jsonpath=${path}`]))
    .trim()
    .split(' ');
  assert.match(provider, /^openstack:\/\/\/[0-9a-f-]{36}$/, `providerID of ${name}`);
  assert.equal(taints, '', 'a node that the cloud controller manager knows has no taint');
  return name;
}

/** A workload whose logs are read and in which a command runs, both through konnectivity. */
export async function logsAndExec({ kubectl }: Person): Promise<void> {
  await kubectl(['apply', '-f', '-'], workload);
  await kubectl(['rollout', 'status', 'deployment/hello', '--timeout=600s']);
  assert.match(await kubectl(['logs', 'deployment/hello']), /^hello from hello-/);
  const asked = ['exec', 'deployment/hello', '--', 'wget', '-q', '-O', '-', 'http://127.0.0.1:8080/'];
  assert.match(await kubectl(asked), /^hello from hello-/);
}

/** The workload answers from outside through Octavia. Resolves with the address. */
export async function throughLoadBalancer({ kubectl }: Person): Promise<string> {
  await kubectl(['apply', '-f', '-'], service);
  const path = 'jsonpath={.status.loadBalancer.ingress[0].ip}';
  await kubectl(['wait', 'service/hello', `--for=${path}`, '--timeout=300s']);
  const address = await kubectl(['get', 'service/hello', '-o', path]);
  for (const end = Date.now() + 120_000; ; await sleep(500)) {
    const answer = await fetch(`http://${address}/`, { signal: AbortSignal.timeout(5_000) })
      .then(async (response) => await response.text())
      .catch((error: unknown) => String(error));
    if (answer.startsWith('hello from hello-')) return address;
    if (Date.now() > end) assert.fail(`http://${address}/ did not answer: ${answer}`);
  }
}

/** A volume of Cinder is made, attached, mounted and written; a new pod finds what was written. */
export async function onVolume({ kubectl }: Person): Promise<void> {
  const ready = async (): Promise<unknown> =>
    await kubectl(['wait', 'pod/writer', '--for=condition=Ready', '--timeout=600s']);
  await kubectl(['apply', '-f', '-'], disk);
  await ready();
  await kubectl(['exec', 'writer', '--', 'sh', '-c', 'echo kept > /disk/file && sync']);
  await kubectl(['delete', 'pod/writer']);
  await kubectl(['apply', '-f', '-'], disk);
  await ready();
  assert.equal(await kubectl(['exec', 'writer', '--', 'cat', '/disk/file']), 'kept\n');
}
