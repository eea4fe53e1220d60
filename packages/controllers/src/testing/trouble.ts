import assert from 'node:assert/strict';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type Cluster, type Condition, causeCodes, defaultPoolSettings } from '@matryoshka/domain';
import { createKubeClient, type KubeClient, type KubeObject } from '@matryoshka/kube';
import { run } from '@matryoshka/system';
import { startTestApiServer, type TestApiServer } from '@matryoshka/testkit';
import { clusterFixture } from './fixtures.ts';
import { installDefinitions, playTenantAddons, playUpstream } from './upstream.ts';
import { World } from './world.ts';

export const minute = 60_000;
let server: TestApiServer;
export let client: KubeClient;
export let world: World;
export let cluster: Cluster;
export let machine: string;

/** A ready cluster of one worker, on a real kube-apiserver that is management cluster and customer's cluster at once. */
export async function startTroubledCluster(): Promise<void> {
  server = await startTestApiServer();
  client = createKubeClient(server.connection);
  await installDefinitions(client);
  await playTenantAddons(client);
  world = new World(server, client);
  cluster = clusterFixture({
    id: 'c-causes0000',
    pools: [
      {
        name: 'w',
        flavor: 'm1.small',
        count: 1,
        labels: {},
        taints: [],
        kubernetesVersion: 'v1.36.3',
        ...defaultPoolSettings,
      },
    ],
  });
  await world.create(cluster);
  const { items } = await client.list({
    apiVersion: 'cluster.x-k8s.io/v1beta2',
    kind: 'Machine',
    namespace: cluster.id,
  });
  machine = items[0]?.metadata.name ?? '';
}

export async function stopTroubledCluster(): Promise<void> {
  await client?.close();
  await server?.stop();
}

export const known: ReadonlySet<string> = new Set(causeCodes);
export const conditions = (): readonly Condition[] => world.store.plans.at(-1)?.conditions ?? [];

export interface Case {
  /** How far the clock has gone since. */
  readonly ahead?: number;
  readonly set: () => Promise<void>;
  readonly unset: () => Promise<void>;
}

/** What the controller names while it looks and acts, with the sentence. */
export async function look(ahead = 0): Promise<Readonly<Record<string, string>>> {
  world.ahead = ahead;
  const [plans, failures] = [world.store.plans.length, world.store.failures.length];
  await world.run(cluster.id).catch((error: unknown) => {
    // A refused action ends the turn after its report.
    if (world.store.failures.length === failures) throw error;
  });
  const said = world.store.plans.slice(plans).flatMap((plan) => plan.conditions);
  return Object.fromEntries(
    said.filter(({ reason }) => known.has(reason)).map(({ reason, message }) => [reason, message]),
  );
}

/**
 * Puts the world into a state that upstream programs leave behind when something is wrong, lets the controller look, and puts it back: the cause must
 * be named, and must not be named before or after. Answers the sentence.
 */
export async function names(code: string, { ahead, set, unset }: Case): Promise<string> {
  assert.ok(!(code in (await look(ahead))), `${code} is named before`);
  await set();
  let said: string | undefined;
  try {
    const all = await look(ahead);
    said = all[code];
    assert.notEqual(said, undefined, `named were ${JSON.stringify(all)}`);
  } finally {
    await unset();
    await playUpstream(client, cluster.id, server.connection);
  }
  assert.ok(!(code in (await look(ahead))), `${code} is named after`);
  return said ?? '';
}

export const inNamespace = (apiVersion: string, kind: string, name: string) => ({
  apiVersion,
  kind,
  name,
  namespace: cluster.id,
});
export const status = async (
  ref: ReturnType<typeof inNamespace> | { apiVersion: string; kind: string; name: string },
  value: object,
): Promise<void> => void (await client.patch(ref, { status: value }, { type: 'merge', subresource: 'status' }));
export const put = async (object: KubeObject): Promise<void> =>
  void (await client.apply(object, { fieldManager: 'test', force: true }));
export const since = (ms: number): string => new Date(Date.now() - ms).toISOString().replace(/\.\d+Z/, 'Z');

export const machineRef = () => inNamespace('cluster.x-k8s.io/v1beta2', 'Machine', machine);
const serverRef = () => inNamespace('infrastructure.cluster.x-k8s.io/v1alpha1', 'OpenStackServer', machine);

export async function notReady(): Promise<void> {
  const condition = { type: 'NodeReady', status: 'False', reason: 'x', message: '', lastTransitionTime: since(0) };
  await status(machineRef(), { conditions: [condition] });
}

export async function serverIn(state: string): Promise<void> {
  const { apiVersion, kind, name, namespace } = serverRef();
  const image = { id: '8f2a5c36-4f5c-4a52-9a9b-0d5f8c2d1e00' };
  const identityRef = { name: 'clouds', cloudName: 'openstack' };
  await put({
    apiVersion,
    kind,
    metadata: { name, namespace },
    spec: { flavor: 'm1.small', image, ports: [{}], sshKeyName: '', identityRef },
  });
  await status(serverRef(), { ready: false, instanceState: state, instanceID: 'i' });
}

export async function node(
  ready: { status: string; message: string; seconds?: number },
  more: readonly object[] = [],
): Promise<void> {
  await put({ apiVersion: 'v1', kind: 'Node', metadata: { name: machine } });
  const condition = {
    type: 'Ready',
    status: ready.status,
    reason: 'x',
    message: ready.message,
    lastTransitionTime: since((ready.seconds ?? 600) * 1000),
  };
  await status({ apiVersion: 'v1', kind: 'Node', name: machine }, { conditions: [condition, ...more] });
}
export const removeNode = async (): Promise<void> =>
  void (await client.delete({ apiVersion: 'v1', kind: 'Node', name: machine }));
export const removeServer = async (): Promise<void> => void (await client.delete(serverRef()));

/** A certificate request of this subject, and the certificate for two days that it signs itself. */
export async function openssl(subject: string): Promise<{ readonly request: Buffer; readonly certificate: Buffer }> {
  const folder = await mkdtemp(join(tmpdir(), 'causes-'));
  const [key, request, certificate] = ['key', 'csr', 'crt'].map((name) => join(folder, name)) as [
    string,
    string,
    string,
  ];
  const newKey = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes', '-keyout', key];
  await run(['openssl', 'req', '-new', ...newKey, '-subj', subject, '-out', request]);
  await run(['openssl', 'x509', '-req', '-in', request, '-signkey', key, '-days', '2', '-out', certificate]);
  const made = { request: await readFile(request), certificate: await readFile(certificate) };
  await rm(folder, { recursive: true });
  return made;
}
