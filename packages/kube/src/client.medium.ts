import { setTimeout as delay } from 'node:timers/promises';
import { startTestApiServer, type TestApiServer } from '@matryoshka/testkit';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { createKubeClient, type KubeClient } from './client.ts';
import { runAsLeader } from './controller/leader-election.ts';
import { isAlreadyExists, isConflict, isForbidden, isInvalid, isNotFound, isUnauthorized } from './errors.ts';
import { createInformer } from './informer/informer.ts';
import type { KubeObject } from './object.ts';

let server: TestApiServer;
let client: KubeClient;

beforeAll(async () => {
  server = await startTestApiServer();
  client = createKubeClient(server.connection);
});
afterAll(async () => {
  await client?.close();
  await server?.stop();
});

let names = 0;
const configMap = (data: Record<string, string>, name = `cm-${names++}`): KubeObject => ({
  apiVersion: 'v1',
  kind: 'ConfigMap',
  metadata: { name, namespace: 'default' },
  data,
});
const refTo = (object: KubeObject) => ({
  apiVersion: object.apiVersion,
  kind: object.kind,
  name: object.metadata.name,
  namespace: 'default',
});

test('apply creates, changes, removes fields it gives up, and writes nothing the second time', async () => {
  const first = await client.apply(configMap({ a: '1', b: '2' }, 'applied'), { fieldManager: 'one' });
  const again = await client.apply(configMap({ a: '1', b: '2' }, 'applied'), { fieldManager: 'one' });
  expect(again.metadata.resourceVersion).toBe(first.metadata.resourceVersion);
  const changed = await client.apply(configMap({ a: '3' }, 'applied'), { fieldManager: 'one' });
  expect(changed.data).toEqual({ a: '3' });
});

test('a field of another manager is a conflict unless it is forced', async () => {
  await client.apply(configMap({ a: '1' }, 'contested'), { fieldManager: 'one' });
  const refused = await client
    .apply(configMap({ a: '2' }, 'contested'), { fieldManager: 'two' })
    .catch((error: unknown) => error);
  expect(isConflict(refused)).toBe(true);
  const forced = await client.apply(configMap({ a: '2' }, 'contested'), { fieldManager: 'two', force: true });
  expect(forced.data).toEqual({ a: '2' });
});

test('dry run stores nothing', async () => {
  const object = configMap({ a: '1' });
  await client.apply(object, { fieldManager: 'one', dryRun: true });
  expect(await client.find(refTo(object))).toBeUndefined();
});

test('create, update with an old version, patches', async () => {
  const object = configMap({ a: '1' });
  const created = await client.create(object);
  expect(isAlreadyExists(await client.create(object).catch((error: unknown) => error))).toBe(true);
  await client.update({ ...created, data: { a: '2' } });
  const stale = await client.update({ ...created, data: { a: '3' } }).catch((error: unknown) => error);
  expect(isConflict(stale)).toBe(true);
  const merged = await client.patch(refTo(object), { data: { b: '4' } }, { type: 'merge' });
  expect(merged.data).toEqual({ a: '2', b: '4' });
  const patched = await client.patch(refTo(object), [{ op: 'remove', path: '/data/a' }], { type: 'json' });
  expect(patched.data).toEqual({ b: '4' });
});

test('delete with a precondition on the uid, foreground, and of what is absent', async () => {
  const object = configMap({});
  await client.create(object);
  const other = { preconditions: { uid: '00000000-0000-0000-0000-000000000000' } };
  expect(isConflict(await client.delete(refTo(object), other).catch((error: unknown) => error))).toBe(true);
  expect(await client.delete(refTo(object), { propagation: 'Background' })).toBe(true);
  expect(await client.delete(refTo(object))).toBe(false);
});

test('refusals are told apart', async () => {
  const stranger = createKubeClient(server.stranger);
  const nobody = createKubeClient({ ...server.connection, token: 'wrong' });
  try {
    const ref = { apiVersion: 'v1', kind: 'Secret', name: 'x', namespace: 'default' };
    expect(isForbidden(await stranger.get(ref).catch((error: unknown) => error))).toBe(true);
    expect(isUnauthorized(await nobody.get(ref).catch((error: unknown) => error))).toBe(true);
    expect(isNotFound(await client.get(ref).catch((error: unknown) => error))).toBe(true);
    const bad = configMap({}, 'Not_A_Name');
    expect(isInvalid(await client.create(bad).catch((error: unknown) => error))).toBe(true);
  } finally {
    await Promise.all([stranger.close(), nobody.close()]);
  }
});

test('a list comes in pages', async () => {
  for (let n = 0; n < 7; n += 1) {
    const object = configMap({});
    await client.create({ ...object, metadata: { ...object.metadata, labels: { paged: 'yes' } } });
  }
  const query = { apiVersion: 'v1', kind: 'ConfigMap', namespace: 'default', labelSelector: 'paged=yes', limit: 3 };
  const sizes: number[] = [];
  for await (const page of client.pages(query)) sizes.push(page.items.length);
  expect(sizes).toEqual([3, 3, 1]);
  expect((await client.list(query)).items).toHaveLength(7);
});

test('a kind is found once its definition is installed', async () => {
  const widget = {
    apiVersion: 'test.matryoshka.dev/v1',
    kind: 'Widget',
    metadata: { name: 'one' },
    spec: { size: 3 },
  };
  const missing = await client.apply(widget, { fieldManager: 'one' }).catch((error: unknown) => error);
  expect(missing).toMatchObject({ code: 'kubernetes_unknown_kind' });
  await client.apply(
    {
      apiVersion: 'apiextensions.k8s.io/v1',
      kind: 'CustomResourceDefinition',
      metadata: { name: 'widgetries.test.matryoshka.dev' },
      spec: {
        group: 'test.matryoshka.dev',
        scope: 'Cluster',
        names: { kind: 'Widget', plural: 'widgetries' },
        versions: [
          {
            name: 'v1',
            served: true,
            storage: true,
            subresources: { status: {} },
            schema: { openAPIV3Schema: { type: 'object', 'x-kubernetes-preserve-unknown-fields': true } },
          },
        ],
      },
    },
    { fieldManager: 'one' },
  );
  await expect
    .poll(
      async () =>
        client.apply(widget, { fieldManager: 'one' }).then(
          () => true,
          () => false,
        ),
      { timeout: 20_000 },
    )
    .toBe(true);
  await client.apply({ ...widget, status: { ok: true } }, { fieldManager: 'two', subresource: 'status' });
  const ref = { apiVersion: widget.apiVersion, kind: 'Widget', name: 'one' };
  expect(await client.get(ref)).toMatchObject({ spec: { size: 3 }, status: { ok: true } });
});

test('an informer follows changes, over a restart of the API server too', async () => {
  const stop = new AbortController();
  const informer = createInformer(client, {
    query: { apiVersion: 'v1', kind: 'ConfigMap', labelSelector: 'watched=yes' },
    backoff: { baseMs: 50, maxMs: 500 },
  });
  const running = informer.run(stop.signal);
  const make = async (name: string): Promise<void> => {
    const object = configMap({}, name);
    await client.create({ ...object, metadata: { ...object.metadata, labels: { watched: 'yes' } } });
  };
  try {
    await informer.synced;
    await make('w1');
    await expect.poll(() => informer.store.get('default/w1')).toBeDefined();
    await client.delete({ apiVersion: 'v1', kind: 'ConfigMap', name: 'w1', namespace: 'default' });
    await expect.poll(() => informer.store.get('default/w1')).toBeUndefined();
    await server.restart();
    await make('w2');
    await expect.poll(() => informer.store.get('default/w2'), { timeout: 30_000 }).toBeDefined();
  } finally {
    stop.abort();
    await running;
  }
});

test('only one leads; the next takes over when it ends', async () => {
  const first = new AbortController();
  const second = new AbortController();
  let leading = 0;
  let most = 0;
  const seen: string[] = [];
  const lead = (identity: string) => async (signal: AbortSignal) => {
    leading += 1;
    most = Math.max(most, leading);
    seen.push(identity);
    await delay(600_000, undefined, { signal }).catch(() => undefined);
    leading -= 1;
  };
  const options = { name: 'test', namespace: 'default', leaseMs: 2_000, renewEveryMs: 200 };
  const a = runAsLeader(client, { ...options, identity: 'a', signal: first.signal }, lead('a'));
  await expect.poll(() => seen).toEqual(['a']);
  const b = runAsLeader(client, { ...options, identity: 'b', signal: second.signal }, lead('b'));
  await delay(1_000);
  first.abort();
  await a;
  await expect.poll(() => seen, { timeout: 20_000 }).toEqual(['a', 'b']);
  second.abort();
  await b;
  expect(most).toBe(1);
});
