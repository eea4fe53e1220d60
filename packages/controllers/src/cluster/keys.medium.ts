import { controlPlanePodLabel } from '@matryoshka/addons';
import type { Cluster } from '@matryoshka/domain';
import { createKubeClient, type KubeClient } from '@matryoshka/kube';
import { startTestApiServer, type TestApiServer } from '@matryoshka/testkit';
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import { clusterFixture } from '../testing/fixtures.ts';
import { installDefinitions, playTenantAddons } from '../testing/upstream.ts';
import { World } from '../testing/world.ts';
import type { StoredEncryption } from './encryption/keys.ts';
import { cloudsSecretName } from './manifests/credentials.ts';
import { encryptionName, encryptionVolume } from './manifests/encryption.ts';
import { textAt } from './read.ts';

let server: TestApiServer;
let client: KubeClient;
let world: World;
let cluster: Cluster;
let ids = 0;
beforeAll(async () => {
  server = await startTestApiServer();
  client = createKubeClient(server.connection);
  await installDefinitions(client);
  await playTenantAddons(client);
});
afterAll(async () => {
  await client?.close();
  await server?.stop();
});
beforeEach(async () => {
  world = new World(server, client);
  cluster = clusterFixture({ id: `c-k${String(ids++).padStart(9, '0')}`, tier: 'ha' });
  await world.create(cluster);
});

const credentials = () => [...world.cloud.users.values()].flatMap((user) => [...user.credentials.values()]);
const encryption = async (): Promise<StoredEncryption> =>
  JSON.parse((await world.store.secret(cluster.id, 'encryption')) ?? '') as StoredEncryption;
async function secretData(name: string): Promise<Readonly<Record<string, string>>> {
  const secret = await client.get({ apiVersion: 'v1', kind: 'Secret', name, namespace: cluster.id });
  return Object.fromEntries(
    Object.keys(secret.data as object).map((key) => [
      key,
      Buffer.from(textAt(secret, 'data', key) ?? '', 'base64').toString('utf8'),
    ]),
  );
}
async function ask(change: Partial<Cluster>): Promise<void> {
  const stored = await world.store.load(cluster.id);
  if (stored === undefined) throw new Error('it is gone');
  cluster = { ...stored, generation: stored.generation + 1, ...change };
  world.store.desire(cluster);
}
async function done(): Promise<void> {
  await world.until(
    cluster.id,
    async () => (await world.store.load(cluster.id))?.observedGeneration === cluster.generation,
  );
}
async function writesNothing(): Promise<void> {
  world.writes = [];
  await world.run(cluster.id);
  expect(world.writes).toEqual(['report']);
}

/** Does what is asked again and again, each time with a controller that dies before another change, until it has none left to die before. */
async function crashAnywhere(once: (nth: number) => Promise<void>): Promise<void> {
  for (let nth = 0; ; nth += 1) {
    const before = world.crashes;
    world.crashAt = world.changes + nth;
    await once(nth);
    world.crashAt = Number.POSITIVE_INFINITY;
    await writesNothing();
    if (world.crashes > before) continue;
    expect(nth, 'there was something to crash before').toBeGreaterThan(3);
    return;
  }
}

test('the OpenStack credential is exchanged without a moment in which one that is in use is gone', {
  timeout: 600_000,
}, async () => {
  await crashAnywhere(async (nth) => {
    const [old] = credentials();
    // The clock of whoever asks may go before that of the controller.
    await ask({ credentialBefore: new Date(Date.now() + 3_600_000 * (nth + 1)) });
    const used = async (): Promise<string> => (await secretData(cloudsSecretName(cluster.id)))['clouds.yaml'] ?? '';
    await world.until(cluster.id, async () => {
      const given = await used();
      expect(credentials().some(({ id, secret }) => given.includes(id) && given.includes(secret))).toBe(true);
      return (await world.store.load(cluster.id))?.observedGeneration === cluster.generation;
    });
    expect(credentials(), `crash before change ${nth}`).toHaveLength(1);
    expect(credentials()[0]?.id).not.toBe(old?.id);
    expect(await used()).toContain(credentials()[0]?.id);
  });
});

test('the old credential stays while somebody was started with it', async () => {
  await ask({ credentialBefore: new Date(Date.now() + 1000) });
  // Nobody plays the deployment controller: pods with the new one are not there yet.
  for (let turn = 0; turn < 4; turn += 1) await world.run(cluster.id);
  expect(credentials()).toHaveLength(2);
  expect(world.store.plans.at(-1)?.converged).toBe(false);
  await done();
  expect(credentials()).toHaveLength(1);
});

test('a new cluster has a key for its Secrets from the beginning', async () => {
  expect(await encryption()).toMatchObject({ generation: 1, order: ['k1', 'identity'], stale: false });
  const [file] = Object.entries(await secretData(encryptionName(cluster.id)));
  expect(file?.[0]).toBe('generation-1.yaml');
  expect(JSON.parse(file?.[1] ?? '').resources[0].providers).toMatchObject([
    { secretbox: { keys: [{ name: 'k1' }] } },
    { identity: {} },
  ]);
});

test('the key for Secrets is exchanged, whenever the controller dies, and no generation is left out', {
  timeout: 600_000,
}, async () => {
  await crashAnywhere(async (nth) => {
    const before = await encryption();
    await ask({ encryptionBefore: new Date(Date.now() + 3_600_000 * (nth + 1)) });
    await done();
    const after = await encryption();
    expect(after.keys, `crash before change ${nth}`).toHaveLength(before.keys.length + 1);
    expect(after).toMatchObject({ order: [after.keys.at(-1)?.name, 'identity'], stale: false });
    expect(after.generation).toBe(before.generation + 3);
    expect(Object.keys(await secretData(encryptionName(cluster.id)))).toContain(`generation-${after.generation}.yaml`);
  });
});

test('waits for every replica before one writes with a key that others might not read', async () => {
  await ask({ encryptionBefore: new Date(Date.now() + 1000) });
  for (let turn = 0; turn < 4; turn += 1) await world.run(cluster.id);
  expect(await encryption()).toMatchObject({ generation: 2, order: ['k1', 'k2', 'identity'] });
});

test('a replica that was told to end and is not gone holds its key', async () => {
  const pod = {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: {
      ...{ name: 'leaving', namespace: cluster.id, finalizers: ['matryoshka.dev/test'] },
      labels: { [controlPlanePodLabel]: cluster.id, 'pod-template-hash': 'old' },
    },
    spec: {
      containers: [{ name: 'kube-apiserver', image: 'kube-apiserver' }],
      volumes: [encryptionVolume(cluster, await encryption())],
    },
  };
  await client.apply(pod, { fieldManager: 'test' });
  await client.delete({ ...pod, ...pod.metadata }, { gracePeriodSeconds: 0 });
  const before = await encryption();
  await ask({ encryptionBefore: new Date(Date.now() + 1000) });
  await expect(done(), 'it never ends').rejects.toThrow('not there after');
  expect(await encryption()).toMatchObject({ generation: before.generation + 1, order: ['k1', 'k2', 'identity'] });
  await client.patch(
    { apiVersion: 'v1', kind: 'Pod', name: 'leaving', namespace: cluster.id },
    { metadata: { finalizers: null } },
    { type: 'merge' },
  );
  await done();
  expect(await encryption()).toMatchObject({ generation: before.generation + 3, order: ['k2', 'identity'] });
});

test('a cluster of before is left alone until somebody asks, and then gets its first key', async () => {
  await client.delete({ apiVersion: 'v1', kind: 'Secret', name: encryptionName(cluster.id), namespace: cluster.id });
  world.store.forgetSecret(cluster.id, 'encryption');
  await world.until(cluster.id, async () => (await world.store.load(cluster.id))?.status.phase === 'ready');
  await writesNothing();
  await ask({ encryptionBefore: new Date() });
  await done();
  expect(await encryption()).toMatchObject({ order: ['k1', 'identity'], stale: false, generation: 2 });
});
