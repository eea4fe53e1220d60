import { isDeepStrictEqual } from 'node:util';
import { controlPlanePodLabel, controlPlanePodsManifests, signerPath, tierLabel } from '@matryoshka/addons';
import { createKubeClient, type KubeClient, type KubeObject } from '@matryoshka/kube';
import { waitFor } from '@matryoshka/system';
import { startTestApiServer, type TestApiServer } from '@matryoshka/testkit';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { clusterLabel } from './labels.ts';
import { at } from './read.ts';

let server: TestApiServer;
let client: KubeClient;

beforeAll(async () => {
  server = await startTestApiServer();
  client = createKubeClient(server.connection);
  for (const [name, labels] of [
    ['ours', { [clusterLabel]: 'c-abc', [tierLabel]: 'standard' }],
    ['ours-ha', { [clusterLabel]: 'c-abc', [tierLabel]: 'ha' }],
    ['other', {}],
  ] as const)
    await client.create({ apiVersion: 'v1', kind: 'Namespace', metadata: { name, labels } });
  for (const object of controlPlanePodsManifests()) await client.apply(object, { fieldManager: 'test', force: true });
});
afterAll(async () => {
  await client?.close();
  await server?.stop();
});

const probe = { httpGet: { path: '/livez', port: 6443, scheme: 'HTTPS' }, periodSeconds: 10, failureThreshold: 3 };
const readiness = { ...probe, httpGet: { ...probe.httpGet, path: '/readyz' }, timeoutSeconds: 1 };
const names = ['kube-apiserver', 'kube-scheduler', 'kube-controller-manager', 'kine', 'konnectivity-server'];
const programs = names.slice(0, 3);
/** A pod as Kamaji's Deployments make them, as far as it matters here. */
const pod = (namespace: string, labels: Readonly<Record<string, string>>): KubeObject =>
  ({
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: { name: 'p', namespace, labels },
    spec: {
      automountServiceAccountToken: false,
      containers: names.map((container) => ({
        name: container,
        image: 'x',
        ...(programs.includes(container) ? { startupProbe: probe, livenessProbe: probe } : {}),
        ...(container === 'kube-apiserver' ? { readinessProbe: readiness } : {}),
      })),
    },
  }) as KubeObject;

/** What the API server would store. */
async function admitted(namespace: string, labels: Readonly<Record<string, string>>): Promise<readonly unknown[]> {
  const stored = await client.create(pod(namespace, labels), { dryRun: true });
  return at(stored, 'spec', 'containers') as readonly unknown[];
}

test('pods of control planes start as soon as they can, and may take their time', async () => {
  const quick = { httpGet: probe.httpGet, periodSeconds: 1, failureThreshold: 180 };
  const labels = { [controlPlanePodLabel]: 'c-abc' };
  // A policy is heeded some moments after it was written.
  await waitFor(async () => at((await admitted('ours', labels))[0], 'startupProbe', 'periodSeconds') === 1, {
    timeoutMs: 30_000,
  });
  const containers = await admitted('ours', labels);
  expect(containers.map((container) => at(container, 'name'))).toEqual(names);
  for (const container of containers.slice(0, 3))
    expect(container).toMatchObject({ startupProbe: quick, livenessProbe: probe });
  expect(at(containers[3], 'startupProbe')).toBeUndefined();
});

test('what an API server needs to end well ends after it', async () => {
  const labels = { [controlPlanePodLabel]: 'c-abc' };
  await waitFor(async () => at((await admitted('ours', labels))[4], 'lifecycle') !== undefined, { timeoutMs: 30_000 });
  const containers = await admitted('ours', labels);
  expect(containers.map((one) => at(one, 'lifecycle', 'preStop', 'sleep', 'seconds'))).toEqual([
    ...programs.map(() => undefined),
    ...[12, 12],
  ]);
});

test('one late answer leaves a replica out where there is another, and never the only one', async () => {
  const labels = { [controlPlanePodLabel]: 'c-abc' };
  const of = async (namespace: string) => at((await admitted(namespace, labels))[0], 'readinessProbe');
  await waitFor(async () => at(await of('ours-ha'), 'periodSeconds') === 1, { timeoutMs: 30_000 });
  expect(await of('ours-ha')).toMatchObject({ ...readiness, periodSeconds: 1, failureThreshold: 1 });
  expect(await of('ours')).toMatchObject(readiness);
});

test('a controller manager that has a file of its own signs by it, and any other as Kamaji says', async () => {
  const flags = ['--cluster-signing-cert-file=/pki/ca.crt', '--cluster-signing-key-file=/pki/ca.key', '--v=1'];
  const args = async (mountPath: string): Promise<unknown> => {
    const made = pod('ours', { [controlPlanePodLabel]: 'c-abc' });
    const { containers } = made.spec as { readonly containers: readonly { readonly name: string }[] };
    const withFlags = containers.map((one) =>
      one.name === 'kube-controller-manager'
        ? { ...one, args: flags, volumeMounts: [{ name: 'signer', mountPath }] }
        : one,
    );
    const spec = { ...(made.spec as object), containers: withFlags, volumes: [{ name: 'signer', emptyDir: {} }] };
    const stored = await client.create({ ...made, spec }, { dryRun: true });
    return at((at(stored, 'spec', 'containers') as readonly unknown[])[2], 'args');
  };
  const own = [`--cluster-signing-cert-file=${signerPath}/tls.crt`, `--cluster-signing-key-file=${signerPath}/tls.key`];
  await waitFor(async () => isDeepStrictEqual(await args(signerPath), [...own, '--v=1']), { timeoutMs: 30_000 });
  expect(await args(signerPath)).toEqual([...own, '--v=1']);
  expect(await args('/elsewhere')).toEqual(flags);
});

test.each([
  ['another pod', 'ours', { app: 'x' }],
  ['a control plane that is none of ours', 'other', { [controlPlanePodLabel]: 'c-abc' }],
])('%s stays as it is', async (_, namespace, labels) => {
  for (const container of (await admitted(namespace, labels)).slice(0, 3))
    expect(container).toMatchObject({ startupProbe: probe });
  expect((await admitted(namespace, labels)).every((container) => at(container, 'lifecycle') === undefined)).toBe(true);
});
