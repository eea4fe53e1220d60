import { createKubeClient, type KubeClient, type KubeObject } from '@matryoshka/kube';
import { startTestApiServer, type TestApiServer } from '@matryoshka/testkit';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { readUpgradeFacts } from './facts.ts';

// A real API server; what kubelets and controllers would say is written by hand.
let server: TestApiServer;
let client: KubeClient;
const signal = AbortSignal.timeout(120_000);
beforeAll(async () => {
  server = await startTestApiServer();
  client = createKubeClient(server.connection);
});
afterAll(async () => {
  await client?.close();
  await server?.stop();
});

const make = async (object: object): Promise<void> => void (await client.create(object as KubeObject));
async function status(object: { apiVersion: string; kind: string; name: string; namespace?: string }, value: object) {
  await client.patch(object, { status: value }, { type: 'merge', subresource: 'status' });
}
const facts = async () => await readUpgradeFacts(client, signal);
const hook = (name: string, change: object = {}) => ({
  name,
  admissionReviewVersions: ['v1'],
  sideEffects: 'None',
  clientConfig: { service: { namespace: 'shop', name: 'check' } },
  rules: [{ apiGroups: ['example.test'], apiVersions: ['v1'], operations: ['CREATE'], resources: ['things', 'parts'] }],
  ...change,
});

it('finds nothing in an empty cluster', async () => {
  expect(await facts()).toEqual({ nodes: [], fullBudgets: [], deadWebhooks: [], deprecatedApis: [], barePods: [] });
});

it('finds what could stand in the way, and only that', async () => {
  await make({ apiVersion: 'v1', kind: 'Namespace', metadata: { name: 'shop' } });
  for (const [name, allowed, pods] of [
    ['full', 0, 2],
    ['roomy', 1, 2],
    ['empty', 0, 0],
  ] as const) {
    const ref = { apiVersion: 'policy/v1', kind: 'PodDisruptionBudget', name, namespace: 'shop' };
    const spec = { minAvailable: 2, selector: { matchLabels: { app: name } } };
    await make({ apiVersion: ref.apiVersion, kind: ref.kind, metadata: { name, namespace: 'shop' }, spec });
    await status(ref, { disruptionsAllowed: allowed, expectedPods: pods, currentHealthy: pods, desiredHealthy: 2 });
  }
  const configuration = { apiVersion: 'admissionregistration.k8s.io/v1', kind: 'ValidatingWebhookConfiguration' };
  const elsewhere = { clientConfig: { url: 'https://127.0.0.1:9/check' } };
  const webhooks = [
    hook('dead.example.test'),
    hook('lax.example.test', { failurePolicy: 'Ignore' }),
    hook('url.example.test', elsewhere),
  ];
  await make({ ...configuration, metadata: { name: 'checks' }, webhooks });
  const containers = [{ name: 'c', image: 'i' }];
  await make({ apiVersion: 'v1', kind: 'Pod', metadata: { name: 'bare', namespace: 'shop' }, spec: { containers } });
  await make({ apiVersion: 'v1', kind: 'Pod', metadata: { name: 'over', namespace: 'shop' }, spec: { containers } });
  await status({ apiVersion: 'v1', kind: 'Pod', name: 'over', namespace: 'shop' }, { phase: 'Succeeded' });
  const owner = { apiVersion: 'apps/v1', kind: 'ReplicaSet', name: 'r', uid: 'u-1', controller: true };
  const owned = { name: 'owned', namespace: 'shop', ownerReferences: [owner] };
  await make({ apiVersion: 'v1', kind: 'Pod', metadata: owned, spec: { containers } });
  await make({ apiVersion: 'v1', kind: 'Node', metadata: { name: 'n1' } });
  const conditions = [{ type: 'Ready', status: 'False', reason: 'x', message: 'y' }];
  await status({ apiVersion: 'v1', kind: 'Node', name: 'n1' }, { conditions });

  const found = await facts();
  expect(found.fullBudgets).toEqual([{ name: 'shop/full', pods: 2, healthy: 2 }]);
  expect(found.deadWebhooks).toEqual([
    { name: 'dead.example.test', service: 'shop/check', resources: 'things, parts' },
  ]);
  expect(found.barePods).toEqual(['shop/bare']);
  expect(found.nodes).toMatchObject([{ name: 'n1', ready: false }]);
});

it('does not blame a webhook that somebody answers for', async () => {
  const slice = {
    apiVersion: 'discovery.k8s.io/v1',
    kind: 'EndpointSlice',
    metadata: { name: 'check-1', namespace: 'shop', labels: { 'kubernetes.io/service-name': 'check' } },
    addressType: 'IPv4',
    ports: [],
  };
  await make({ ...slice, endpoints: [{ addresses: ['10.0.0.1'], conditions: { ready: false } }] });
  expect((await facts()).deadWebhooks).toHaveLength(1);
  await make({ ...slice, metadata: { ...slice.metadata, name: 'check-2' }, endpoints: [{ addresses: ['10.0.0.2'] }] });
  expect((await facts()).deadWebhooks).toEqual([]);
});
