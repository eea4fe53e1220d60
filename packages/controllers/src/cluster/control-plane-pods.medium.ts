import { controlPlanePodLabel, controlPlanePodsManifests } from '@matryoshka/addons';
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
    ['ours', { [clusterLabel]: 'c-abc' }],
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
const names = ['kube-apiserver', 'kube-scheduler', 'kube-controller-manager', 'kine'];
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
        ...(container === 'kine' ? {} : { startupProbe: probe, livenessProbe: probe }),
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

test.each([
  ['another pod', 'ours', { app: 'x' }],
  ['a control plane that is none of ours', 'other', { [controlPlanePodLabel]: 'c-abc' }],
])('%s stays as it is', async (_, namespace, labels) => {
  for (const container of (await admitted(namespace, labels)).slice(0, 3))
    expect(container).toMatchObject({ startupProbe: probe });
});
