import { randomBytes } from 'node:crypto';
import { type ClusterPlan, defaultClusterSettings, defaultPoolSettings } from '@matryoshka/domain';
import { startTestPostgres, type TestPostgres } from '@matryoshka/testkit';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import {
  acquireLeadership,
  addLedgerEntry,
  appendEvent,
  autoscalerMemory,
  bumpCluster,
  createPool,
  createSecretBox,
  ensureSecret,
  fixedKeys,
  getCluster,
  getOperation,
  inProject,
  insertCluster,
  insertOperation,
  listDueClusters,
  listEvents,
  listen,
  migrate,
  newClusterId,
  newOperationId,
  type Pool,
  prepareDatabase,
  readSecret,
  registerManagementCluster,
  rememberAutoscaler,
  removeCluster,
  removeLedgerEntry,
  reportCluster,
  saveProject,
  saveSecret,
  scalePool,
  updatePool,
} from './index.ts';

let server: TestPostgres;
let api: Pool;
let controller: Pool;
let owner: Pool;
const passwords = { owner: 'o', api: 'a', controller: 'c' };
const now = new Date();

const scope = (projectId: string) => ({ projectId, clusterIds: null });

beforeAll(async () => {
  server = await startTestPostgres();
  await prepareDatabase({ superuserUrl: server.superuserUrl, database: 'kaas', passwords });
  await prepareDatabase({ superuserUrl: server.superuserUrl, database: 'kaas', passwords });
  await Promise.all([migrate(server.url('kaas', 'kaas', 'o')), migrate(server.url('kaas', 'kaas', 'o'))]);
  api = createPool(server.url('kaas', 'kaas_api', 'a'));
  controller = createPool(server.url('kaas', 'kaas_controller', 'c'));
  owner = createPool(server.url('kaas', 'kaas', 'o'));
  for (const id of ['p1', 'p2']) await saveProject(api, { id, name: id });
  await registerManagementCluster(controller, 'default', 'RegionOne');
});
afterAll(async () => {
  await Promise.all([api?.end(), controller?.end(), owner?.end()]);
  await server?.stop();
});

async function newCluster(projectId: string, name: string): Promise<{ id: string; operationId: string }> {
  const id = newClusterId();
  const operationId = newOperationId();
  await inProject(api, scope(projectId), async (tx) => {
    await insertCluster(tx, {
      id,
      projectId,
      name,
      labels: {},
      kubernetesVersion: 'v1.36.3',
      tier: 'standard',
      ...defaultClusterSettings,
      place: { managementCluster: 'default', dataStore: 'default' },
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
    await insertOperation(tx, {
      id: operationId,
      projectId,
      clusterId: id,
      kind: 'cluster.create',
      generation: 1,
      message: '',
      requestedBy: 'u',
      requestId: 'r',
    });
  });
  return { id, operationId };
}

const plan = (change: Partial<ClusterPlan>): ClusterPlan => ({
  actions: [],
  keys: [],
  phase: 'creating',
  conditions: [],
  endpoint: null,
  kubernetesVersion: null,
  pools: [],
  certificates: null,
  nodes: null,
  progress: [{ name: 'network', state: 'running', message: 'm', percent: 50 }],
  converged: false,
  blockedBy: null,
  requeueAfterMs: 60_000,
  ...change,
});

describe('row security', () => {
  it('shows a project its own rows and nothing without a project', async () => {
    const mine = await newCluster('p1', 'mine');
    expect(await inProject(api, scope('p2'), async (tx) => await getCluster(tx, mine.id))).toBeUndefined();
    expect(await getCluster(api, mine.id)).toBeUndefined();
    expect((await inProject(api, scope('p1'), async (tx) => await getCluster(tx, mine.id)))?.name).toBe('mine');
    await expect(inProject(api, scope('p2'), async (tx) => await bumpCluster(tx, mine.id))).rejects.toThrow(/vanished/);
  });

  it('refuses a row for another project and every secret but kubeconfigs', async () => {
    const { id } = await newCluster('p1', 'secrets');
    const box = createSecretBox(fixedKeys([randomBytes(32)]));
    for (const kind of ['kubeconfig', 'application-credential'])
      await saveSecret(controller, box, { owner: id, kind, projectId: 'p1', value: kind });
    const read = async (project: string, kind: string) =>
      await inProject(api, scope(project), async (tx) => await readSecret(tx, box, { owner: id, kind }));
    expect(await read('p1', 'kubeconfig')).toBe('kubeconfig');
    expect(await read('p1', 'application-credential')).toBeUndefined();
    expect(await read('p2', 'kubeconfig')).toBeUndefined();
    const foreign = {
      id: newClusterId(),
      projectId: 'p2',
      name: 'x',
      labels: {},
      kubernetesVersion: 'v1.0.0',
      tier: 'ha',
      ...defaultClusterSettings,
      place: { managementCluster: 'default', dataStore: 'default' },
      pools: [],
    } as const;
    await expect(inProject(api, scope('p1'), async (tx) => await insertCluster(tx, foreign))).rejects.toThrow(
      /row-level security/,
    );
    await expect(inProject(api, scope('p1'), async (tx) => await tx.query('select * from ledger'))).rejects.toThrow(
      /permission denied/,
    );
  });
});

describe('the controller', () => {
  it('sees a cluster as due until it has observed it, and backs off after errors', async () => {
    const { id } = await newCluster('p1', 'due');
    const due = async () =>
      (await listDueClusters(controller, { managementCluster: 'default', limit: 100 })).some(
        (cluster) => cluster.id === id,
      );
    expect(await due()).toBe(true);
    await reportCluster(controller, id, { generation: 1, plan: plan({}), now });
    expect(await due()).toBe(false);
    await inProject(api, scope('p1'), async (tx) => await bumpCluster(tx, id, { tier: 'ha' }));
    expect(await due()).toBe(true);
    const error = { reason: 'CloudNotAnswering', message: 'Nova is away', actor: 'provider' } as const;
    await reportCluster(controller, id, { generation: 2, plan: plan({}), now, error });
    expect(await due()).toBe(false);
    expect((await getCluster(controller, id))?.observedGeneration).toBe(1);
  });

  it('finishes an operation when its generation has converged, and writes nothing twice', async () => {
    const { id, operationId } = await newCluster('p1', 'progress');
    const events = async () =>
      (await inProject(api, scope('p1'), async (tx) => await listEvents(tx, 0, 100, { clusterId: id }))).map(
        (e) => e.type,
      );
    await reportCluster(controller, id, { generation: 1, plan: plan({}), now });
    expect(await getOperation(controller, operationId)).toMatchObject({ state: 'running', percent: 50 });
    await reportCluster(controller, id, { generation: 1, plan: plan({}), now: new Date(now.getTime() + 1000) });
    expect(await events()).toEqual(['operation.progress']);
    const done = plan({ converged: true, phase: 'ready', endpoint: 'https://x:6443' });
    await reportCluster(controller, id, { generation: 1, plan: done, now });
    await reportCluster(controller, id, { generation: 1, plan: done, now });
    expect(await getOperation(controller, operationId)).toMatchObject({ state: 'succeeded', percent: 100 });
    expect(await events()).toEqual(['operation.progress', 'cluster.phase', 'operation.finished']);
  });

  it('removes a cluster only with an empty ledger, and frees its name', async () => {
    const { id } = await newCluster('p1', 'gone');
    const key = { kind: 'namespace', name: id } as const;
    await addLedgerEntry(controller, id, key);
    await addLedgerEntry(controller, id, key);
    await inProject(api, scope('p1'), async (tx) => await bumpCluster(tx, id, { deleted: { volumes: 'keep' } }));
    await expect(removeCluster(controller, id, now)).rejects.toThrow(/still has 1/);
    await removeLedgerEntry(controller, id, key);
    await removeCluster(controller, id, now);
    await removeCluster(controller, id, now);
    expect(await getCluster(controller, id)).toBeUndefined();
    await newCluster('p1', 'gone');
    await expect(newCluster('p1', 'gone')).rejects.toThrow(/clusters_name/);
  });

  it('keeps the first value of a secret', async () => {
    const box = createSecretBox(fixedKeys([randomBytes(32)]));
    const secret = { owner: 'p1', kind: 'openstack-user', projectId: 'p1' };
    expect(await ensureSecret(controller, box, { ...secret, value: 'one' })).toBe('one');
    expect(await ensureSecret(controller, box, { ...secret, value: 'two' })).toBe('one');
  });

  it('is one at a time, and the next one takes over when the first is gone', async () => {
    const url = server.url('kaas', 'kaas_controller', 'c');
    let lost = 0;
    const options = { name: 'x', holder: 'h', onLost: () => (lost += 1) };
    const first = await acquireLeadership(url, options);
    expect(first).toBeDefined();
    expect(await acquireLeadership(url, options)).toBeUndefined();
    await owner.query('select 1');
    await first?.release();
    const second = await acquireLeadership(url, options);
    expect(second).toBeDefined();
    await second?.release();
    expect(lost).toBe(0);
  });
});

describe('a listener', () => {
  it('hears what is committed, and ends when asked to, also while it connects', async () => {
    const url = server.url('kaas', 'kaas_api', 'a');
    const early = new AbortController();
    const connecting = listen(url, 'kaas_events', () => undefined, early.signal);
    early.abort();
    await connecting;
    const stop = new AbortController();
    const heard: string[] = [];
    const listening = listen(url, 'kaas_events', (project) => heard.push(project), stop.signal);
    await expect
      .poll(
        async () => {
          await inProject(
            api,
            scope('p1'),
            async (tx) => await appendEvent(tx, { projectId: 'p1', type: 'cluster.phase', data: {} }),
          );
          return heard;
        },
        { timeout: 60_000 },
      )
      .toContain('p1');
    stop.abort();
    await listening;
  });
});

describe('the event log', () => {
  it('loses none and doubles none for a reader that follows while many write', async () => {
    const { id } = await newCluster('p2', 'events');
    const writers = 8;
    const each = 25;
    const seen: number[] = [];
    let last = 0;
    let writing = true;
    const reader = (async () => {
      for (;;) {
        const final = !writing;
        const events = await inProject(
          api,
          scope('p2'),
          async (tx) => await listEvents(tx, last, 7, { clusterId: id }),
        );
        for (const event of events) {
          seen.push(event.data.number as number);
          last = event.sequence;
        }
        if (final && events.length === 0) return;
      }
    })();
    const write = async (writer: number) => {
      for (let n = 0; n < each; n += 1)
        await inProject(api, scope('p2'), async (tx) => {
          await tx.query(
            "insert into events (project_id, cluster_id, type, data) values ('p2', $1, 'cluster.phase', $2)",
            [id, JSON.stringify({ number: writer * each + n })],
          );
          // Stay open for a moment after the insert, so that transactions commit in another order than they wrote.
          await tx.query('select pg_sleep($1)', [((writer * 7 + n * 3) % 5) / 1000]);
        });
    };
    await Promise.all(Array.from({ length: writers }, async (_, writer) => await write(writer)));
    writing = false;
    await reader;
    expect(seen.length).toBe(writers * each);
    expect(new Set(seen).size).toBe(writers * each);
  });
});

describe('a pool that scales by itself', () => {
  it('is given another number only when it has the one that was decided upon, and remembers what it was told', async () => {
    const { id } = await newCluster('p1', 'scaled');
    const cluster = { id, projectId: 'p1' };
    const scaling = { pool: 'w', from: 1, to: 3, reason: 'no room for x', remove: [] };
    const count = async () => (await getCluster(controller, id))?.pools[0]?.count;
    await scalePool(controller, cluster, scaling);
    expect(await count(), 'it has no bounds').toBe(1);
    const autoscaling = { min: 1, max: 5, priority: 0, scaleDownAfterSeconds: 600, scaleDownBelowPercent: 50 };
    const [pool] = (await getCluster(controller, id))?.pools ?? [];
    await inProject(
      api,
      scope('p1'),
      async (tx) => await updatePool(tx, id, { ...(pool as typeof pool & object), autoscaling }),
    );
    expect((await getCluster(controller, id))?.pools[0]?.autoscaling).toEqual(autoscaling);
    for (let twice = 0; twice < 2; twice += 1) await scalePool(controller, cluster, scaling);
    expect(await count()).toBe(3);
    const events = await controller.query("select data from events where cluster_id = $1 and type = 'pool.scaled'", [
      id,
    ]);
    expect(events.rows).toEqual([{ data: { pool: 'w', from: 1, to: 3, reason: 'no room for x' } }]);

    expect(await autoscalerMemory(controller, id)).toEqual({});
    const memory = { unneeded: { a: '2026-11-01T00:00:00.000Z' }, grewAt: null, restsUntil: null };
    await rememberAutoscaler(controller, id, 'w', memory);
    expect(await autoscalerMemory(controller, id)).toEqual({ w: memory });
  });
});
