import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createClient, followEvents, ProblemError } from '@matryoshka/client';
import type { Cluster, Event, Operation, Session } from '@matryoshka/contract';
import { type ClusterPlan, mergeConditions } from '@matryoshka/domain';
import { getCluster, removeCluster, reportCluster } from '@matryoshka/postgres';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { type Run, runKaas } from './testing/command-line.ts';
import { startTestKeystone, type TestKeystone } from './testing/keystone.ts';
import { startTestPlatform, type TestPlatform } from './testing/platform.ts';
import { type ApiProcess, startApiProcess } from './testing/process.ts';

// The command line and the typed client against the real program and a real Keystone. Only the controller is played.

let platform: TestPlatform;
let keystone: TestKeystone;
let api: ApiProcess;
let home: string;

beforeAll(async () => {
  home = await mkdtemp(join(tmpdir(), 'kaas-home-'));
  platform = await startTestPlatform();
  keystone = await startTestKeystone('kcli', 42);
  const user = await keystone.newUser('ann', 'pw');
  for (const name of ['demo', 'other']) await keystone.grant(user, await keystone.newProject(name), 'member');
  api = await startApiProcess(platform, { KAAS_KEYSTONE_URL: keystone.authUrl });
});
afterAll(async () => {
  await platform?.stop();
  await keystone?.purge();
  await rm(home, { recursive: true, force: true });
});

async function kaas(
  argv: readonly string[],
  options: { readonly signal?: AbortSignal; readonly watch?: (stdout: string) => void } = {},
): Promise<Run> {
  const { signal, watch } = options;
  return await runKaas(argv, {
    home,
    env: { KAAS_URL: api.url, OS_PASSWORD: 'pw', OS_USERNAME: 'ann', OS_PROJECT_DOMAIN_NAME: 'Default' },
    ...(signal === undefined ? {} : { signal }),
    ...(watch === undefined ? {} : { watch: ({ stdout }) => watch(stdout) }),
  });
}
const json = async <T>(argv: readonly string[]): Promise<T> => {
  const result = await kaas([...argv, '-o', 'json']);
  if (result.code !== 0) throw new Error(`kaas ${argv.join(' ')} ended with ${result.code}:\n${result.stderr}`);
  return JSON.parse(result.stdout) as T;
};

const ready = { type: 'Ready', status: 'True', reason: 'AllGood', message: 'ready' } as const;

/** What kaas-controller writes once all is as wanted. */
async function converge(clusterId: string): Promise<void> {
  const cluster = await getCluster(platform.controller, clusterId);
  if (cluster === undefined) throw new Error(`there is no ${clusterId}`);
  const plan: ClusterPlan = {
    actions: [],
    phase: 'ready',
    conditions: mergeConditions([], [ready], cluster.generation, new Date()),
    endpoint: 'https://172.29.1.7:6443',
    kubernetesVersion: cluster.kubernetesVersion,
    pools: cluster.pools.map(({ name, count }) => ({ name, desired: count, machines: count, ready: count })),
    certificates: null,
    keys: [],
    nodes: [],
    progress: [{ name: 'network', state: 'done', message: 'there', percent: 100 }],
    converged: true,
    blockedBy: null,
    requeueAfterMs: 60_000,
  };
  await reportCluster(platform.controller, clusterId, { generation: cluster.generation, plan, now: new Date() });
}

const kubeconfig = `apiVersion: v1
kind: Config
clusters: [{name: demo, cluster: {server: "https://172.29.1.7:6443", certificate-authority-data: Q0E=}}]
`;

describe('the command line', () => {
  it('logs in, and is told when it has to choose a project', async () => {
    const undecided = await kaas(['login']);
    expect(undecided.code).toBe(2);
    expect(undecided.stderr).toMatch(/You have 2 projects; yours are demo, other\. \[project_required\]/);
    const typo = await kaas(['login', '--project', 'dmo']);
    expect(typo.code).toBe(2);
    expect(typo.stderr).toMatch(/You have no project dmo/);
    const login = await kaas(['login', '--project', 'demo']);
    expect(login.stderr).toMatch(/^logged in as ann to project demo \(admin\) until /);
    expect(login.code).toBe(0);
    expect((await kaas(['whoami', '--no-headers'])).stdout).toMatch(/^ann +demo +admin /);
    expect((await kaas(['project', 'list', '-o', 'name'])).stdout).toBe('demo\nother\n');
    expect((await kaas(['version', 'list', '-o', 'name'])).stdout).toBe('v1.37.0\nv1.36.3\nv1.35.7\nv1.30.0\n');
    expect((await kaas(['flavor', 'list', '-o', 'name'])).stdout).toBe('m1.small\nm1.medium\n');
  });

  it('creates a cluster, waits for it, shows it and gives its kubeconfig', async () => {
    const operation = await json<Operation>(['cluster', 'create', 'demo', '--pool', 'workers:m1.small:2']);
    expect(operation).toMatchObject({ kind: 'cluster.create', clusterName: 'demo', requestedBy: 'ann', done: false });
    expect((await kaas(['cluster', 'kubeconfig', 'demo', '--stdout'])).stderr).toMatch(/cluster_not_ready/);
    const again = await kaas(['cluster', 'create', 'demo']);
    expect(again.code).toBe(4);
    expect(again.stderr).toMatch(/name_taken/);
    const wrong = await kaas(['cluster', 'create', 'two', '--kubernetes-version', '1.36.3', '--pool', 'w:m1.smal:1']);
    expect(wrong.code).toBe(2);
    expect(wrong.stderr).toMatch(/\(try v1\.36\.3\)[\s\S]*\(try m1\.small\)[\s\S]*request id: req-/);

    const waiting = kaas(['operation', 'wait', operation.id, '-o', 'json']);
    await converge(operation.clusterId);
    await platform.saveKubeconfig(
      (await json<Cluster>(['cluster', 'get', 'demo'])).projectId,
      operation.clusterId,
      kubeconfig,
    );
    const waited = await waiting;
    expect(waited.code).toBe(0);
    expect(JSON.parse(waited.stdout)).toMatchObject({ id: operation.id, state: 'succeeded', percent: 100 });
    const cluster = await json<Cluster>(['cluster', 'get', operation.clusterId]);
    expect(cluster).toMatchObject({ name: 'demo', status: { phase: 'ready', endpoint: 'https://172.29.1.7:6443' } });
    expect((await kaas(['cluster', 'list', '--no-headers'])).stdout).toMatch(
      /^demo +c-\S+ +ready +standard +v1\.36\.3 +2\/2/,
    );
    const printed = (await kaas(['cluster', 'kubeconfig', 'demo', '--stdout'])).stdout;
    expect(printed).toContain('server: https://172.29.1.7:6443');
    const plugin = ['get-token', '--cluster', operation.clusterId];
    expect(parse(printed).users[0].user.exec.args).toEqual([...plugin, '--url', api.url]);
    const given = await json<{ readonly kind: string; readonly status: { readonly token: string } }>(plugin);
    expect(given).toMatchObject({ kind: 'ExecCredential', status: { token: expect.stringMatching(/^ey/) } });
    expect((await kaas(['cluster', 'kubeconfig', 'demo'])).code).toBe(0);
    expect(await readFile(join(home, '.kube/config'), 'utf8')).toMatch(/current-context: demo/);
  });

  it('adds, scales and removes pools, and changes the tier', async () => {
    const names = async () => (await kaas(['pool', 'list', 'demo', '-o', 'name'])).stdout;
    const add = ['pool', 'add', 'demo', 'more', '--flavor', 'm1.medium', '--count', '1', '--label', 'a=b'];
    expect((await json<Operation>([...add, '--taint', 'x=y:NoSchedule'])).kind).toBe('pool.create');
    expect(await names()).toBe('more\nworkers\n');
    expect(await json(['pool', 'get', 'demo', 'more'])).toMatchObject({
      count: 1,
      labels: { a: 'b' },
      taints: [{ key: 'x', value: 'y', effect: 'NoSchedule' }],
    });
    expect((await json<Operation>(['pool', 'scale', 'demo', 'more', '--count', '3'])).kind).toBe('pool.update');
    expect(await json(['pool', 'get', 'demo', 'more'])).toMatchObject({ count: 3, labels: { a: 'b' } });
    expect((await json<Operation>(['pool', 'remove', 'demo', 'more'])).kind).toBe('pool.delete');
    expect(await names()).toBe('workers\n');
    expect((await kaas(['pool', 'get', 'demo', 'more'])).code).toBe(3);
    expect((await json<Operation>(['cluster', 'update', 'demo', '--tier', 'ha'])).kind).toBe('cluster.update');
    expect((await json<Cluster>(['cluster', 'get', 'demo'])).tier).toBe('ha');
  });

  it('lists operations and shows one', async () => {
    const { items } = await json<{ items: readonly Operation[] }>(['operation', 'list', '--cluster', 'demo']);
    const kinds = ['cluster.update', 'pool.delete', 'pool.update', 'pool.create', 'cluster.create'];
    expect(items.map((operation) => operation.kind)).toEqual(kinds);
    expect(await json(['operation', 'get', items[0]?.id ?? ''])).toEqual(items[0]);
    expect((await kaas(['operation', 'get', 'op-aaaaaaaaaaaa'])).code).toBe(3);
  });

  it('follows events, also over a restart of the service', async () => {
    const stop = new AbortController();
    const seen = (text: string): readonly Event[] =>
      text
        .split('\n')
        .filter((line) => line !== '')
        .map((line) => JSON.parse(line) as Event);
    let text = '';
    const watch = (stdout: string): void => {
      text = stdout;
    };
    const following = kaas(['events', '--after', '0', '-o', 'json'], { signal: stop.signal, watch });
    await expect.poll(() => seen(text).length, { timeout: 30_000 }).toBeGreaterThan(8);
    const { port } = new URL(api.url);
    api.kill('SIGTERM');
    expect((await api.ended).code).toBe(0);
    api = await startApiProcess(platform, { KAAS_KEYSTONE_URL: keystone.authUrl, KAAS_LISTEN: `127.0.0.1:${port}` });
    const before = seen(text).length;
    await json(['cluster', 'update', 'demo', '--tier', 'standard']);
    await expect.poll(() => seen(text).length, { timeout: 60_000 }).toBe(before + 2);
    stop.abort();
    expect((await following).code).toBe(0);
    const ids = seen(text).map((event) => Number(event.id));
    expect(ids).toEqual([...new Set(ids)].sort((a, b) => a - b));
    const logged = await platform.controller.query<{ sequence: number }>(
      `select sequence from events where cluster_id = $1 order by sequence`,
      [seen(text)[0]?.clusterId],
    );
    expect(ids).toEqual(logged.rows.map((row) => row.sequence));
  });

  it('deletes, waits until all is gone, and logs out', async () => {
    const { id } = await json<Cluster>(['cluster', 'get', 'demo']);
    const deleting = kaas(['cluster', 'delete', 'demo', '--wait', '-o', 'json']);
    await expect
      .poll(async () => (await getCluster(platform.controller, id))?.deleteRequestedAt ?? null, { timeout: 30_000 })
      .not.toBeNull();
    await removeCluster(platform.controller, id, new Date());
    const deleted = await deleting;
    expect(deleted.code).toBe(0);
    expect(JSON.parse(deleted.stdout)).toMatchObject({ kind: 'cluster.delete', state: 'succeeded' });
    expect((await kaas(['cluster', 'get', 'demo'])).code).toBe(3);
    expect((await json<{ items: unknown[] }>(['cluster', 'list'])).items).toEqual([]);
    expect((await kaas(['project', 'use', 'other'])).stderr).toMatch(/to project other/);
    expect((await kaas(['logout'])).code).toBe(0);
    expect((await kaas(['cluster', 'list'])).stderr).toMatch(/not logged in/);
  });
});

describe('the typed client', () => {
  it('does what the table says, with ETags, keys and problems', async () => {
    const anonymous = createClient({ baseUrl: api.url });
    const session: Session = await anonymous.call('auth.login', {
      body: { method: 'password', user: 'ann', password: 'pw', project: 'other' },
    });
    const connection = { baseUrl: api.url, token: session.token };
    const client = createClient(connection);
    const input = { body: { name: 'typed' }, idempotencyKey: 'k' };
    const created = await client.request('cluster.create', input);
    expect(created.requestId).toMatch(/^req-/);
    expect(await client.call('cluster.create', input)).toEqual(created.data);
    const params = { clusterId: created.data.clusterId };
    const { data, etag } = await client.request('cluster.get', { params });
    expect([data.generation, etag]).toEqual([1, '"1"']);
    await client.call('cluster.update', { params, body: { tier: 'ha' }, ifMatch: etag ?? '' });
    const stale = client.call('cluster.update', { params, body: { tier: 'ha' }, ifMatch: etag ?? '' });
    await expect(stale).rejects.toMatchObject({ problem: { code: 'precondition_failed', status: 412 } });
    await expect(stale).rejects.toBeInstanceOf(ProblemError);
    const page = await client.call('cluster.list', { query: { name: 'typed', limit: 1 } });
    expect(page.items.map((cluster) => cluster.id)).toEqual([params.clusterId]);
    const types: string[] = [];
    const stop = new AbortController();
    for await (const event of followEvents(connection, { after: '0' }, stop.signal)) {
      types.push(event.type);
      if (types.length === 4) stop.abort();
    }
    expect(types).toEqual(['cluster.created', 'operation.created', 'cluster.updated', 'operation.created']);
    await client.call('auth.logout', {});
    await expect(client.call('me.get', {})).rejects.toMatchObject({ problem: { code: 'unauthenticated' } });
  });
});
