import { afterEach, beforeEach, expect, it } from 'vitest';
import {
  cluster,
  kaas,
  operation,
  requests,
  routes,
  startFakeService,
  stopFakeService,
  withToken,
} from './testing/fake-service.ts';

const step = (kind: string, name: string, workers: number) => ({ kind, name, from: 'v1.35.4', to: 'v1.36.3', workers });
const plan = {
  ...{ clusterId: cluster.id, from: 'v1.35.4', to: 'v1.36.3', versions: ['v1.36.3'], ready: true, findings: [] },
  steps: [step('control-plane', 'demo', 0), step('pool', 'workers', 2)],
  estimate: { typicalSeconds: 40, slowSeconds: 90, basedOn: 3 },
};
const finding = {
  ...{ code: 'webhook_dead', severity: 'blocks', subject: 'w', message: 'nobody answers', actor: 'user' },
  next: 'Make its pods ready.',
};
const planned = (query: string, change: object = {}): void => {
  routes[`GET /v1/clusters/${cluster.id}/upgrade-plan?${query}`] = () => [200, { ...plan, ...change }];
};

beforeEach(async () => {
  await startFakeService();
  routes['GET /v1/clusters?name=demo'] = () => [200, { items: [cluster] }];
  routes[`GET /v1/clusters/${cluster.id}`] = () => [200, cluster, { etag: '"1"' }];
  routes[`PATCH /v1/clusters/${cluster.id}`] = () => [202, { ...operation('running', 0), id: 'op-plane' }];
  routes[`PATCH /v1/clusters/${cluster.id}/pools/workers`] = () => [202, { ...operation('running', 0), id: 'op-pool' }];
});
afterEach(stopFakeService);
const changes = () => requests.filter(({ route }) => route.startsWith('PATCH')).map(({ route, body }) => [route, body]);

it('asks for the control plane first, then for its pools, and names the operation that ends last', async () => {
  planned('pools=all');
  const { code, stdout } = await kaas(['cluster', 'upgrade', 'demo', '-o', 'name'], withToken);
  expect({ code, stdout }).toEqual({ code: 0, stdout: 'op-pool\n' });
  expect(changes()).toEqual([
    [`PATCH /v1/clusters/${cluster.id}`, { kubernetesVersion: 'v1.36.3' }],
    [`PATCH /v1/clusters/${cluster.id}/pools/workers`, { kubernetesVersion: 'v1.36.3' }],
  ]);
});

it('shows what would happen and changes nothing', async () => {
  planned('pools=none&version=v1.36.3', { steps: plan.steps.slice(0, 1), findings: [finding], ready: false });
  const argv = ['cluster', 'upgrade', 'demo', '--to', 'v1.36.3', '--pools', 'none', '--dry-run'];
  const { code, stdout, stderr } = await kaas(argv, withToken);
  expect(code).toBe(0);
  expect(stdout).toBe(
    'WHAT            NAME   FROM      TO        WORKERS\ncontrol-plane   demo   v1.35.4   v1.36.3   -\n',
  );
  expect(stderr).toBe(
    'blocks: nobody answers [webhook_dead]\n  who must act: you\n  next step: Make its pods ready.\n' +
      'Control planes like it took 40 s (19 of 20: 90 s).\n',
  );
  expect(JSON.parse((await kaas([...argv, '-o', 'json'], withToken)).stdout).ready).toBe(false);
  expect(changes()).toEqual([]);
});

it('does not begin where something blocks, unless it is told to', async () => {
  planned('pools=all', { findings: [finding], ready: false });
  const refused = await kaas(['cluster', 'upgrade', 'demo'], withToken);
  expect(refused.code).toBe(4);
  expect(refused.stderr).toContain('webhook_dead');
  expect(refused.stderr).toContain('demo is not ready for an upgrade');
  expect(changes()).toEqual([]);
  expect((await kaas(['cluster', 'upgrade', 'demo', '--force'], withToken)).code).toBe(0);
  expect(changes()).toHaveLength(2);
});

it('says so when there is nothing newer', async () => {
  planned('pools=all', { to: null, steps: [], versions: [], estimate: null });
  const { code, stderr } = await kaas(['cluster', 'upgrade', 'demo'], withToken);
  expect(code).toBe(0);
  expect(stderr).toBe('There is nothing newer than v1.35.4 here.\ndemo has nothing to be upgraded.\n');
  expect(changes()).toEqual([]);
});

it('pauses a pool, and lets it go on', async () => {
  for (const verb of ['pause', 'resume'])
    expect((await kaas(['pool', verb, 'demo', 'workers'], withToken)).code).toBe(0);
  expect(changes().map(([, body]) => body)).toEqual([{ rollout: { paused: true } }, { rollout: { paused: false } }]);
});

it('changes the version of a pool, and how its workers are replaced', async () => {
  const argv = [
    'pool',
    'update',
    'demo',
    'workers',
    '--kubernetes-version',
    'v1.35.4',
    '--max-surge',
    '2',
    '--drain-timeout',
    '1h',
  ];
  expect((await kaas(argv, withToken)).code).toBe(0);
  expect(changes()[0]?.[1]).toEqual({
    kubernetesVersion: 'v1.35.4',
    rollout: { maxSurge: 2, drainTimeoutSeconds: 3_600 },
  });
  const empty = await kaas(['pool', 'update', 'demo', 'workers'], withToken);
  expect(empty).toMatchObject({ code: 2, stderr: expect.stringContaining('--max-surge') });
  expect((await kaas(['pool', 'update', 'demo', 'workers', '--max-surge', 'many'], withToken)).code).toBe(2);
});

it('gives a pool bounds, labels and repairs, and takes them away again', async () => {
  const update = async (...flags: readonly string[]) =>
    await kaas(['pool', 'update', 'demo', 'workers', ...flags], withToken);
  const asked = [
    ['--autoscale', '1:5', '--scale-down-after', '2m', '--autoscale-priority', '-3', '--scale-down-below', '30'],
    ['--autoscale', 'off'],
    ['--label', 'a=b', '--label', 'c=d', '--taint', 'k=v:NoSchedule', '--no-auto-repair', '--flavor', 'm1.large'],
    ['--label', '', '--taint', '', '--auto-repair'],
  ];
  for (const flags of asked) expect(await update(...flags)).toMatchObject({ code: 0 });
  expect(changes().map(([, body]) => body)).toEqual([
    { autoscaling: { min: 1, max: 5, scaleDownAfterSeconds: 120, priority: -3, scaleDownBelowPercent: 30 } },
    { autoscaling: null },
    {
      ...{ labels: { a: 'b', c: 'd' }, taints: [{ key: 'k', value: 'v', effect: 'NoSchedule' }] },
      ...{ autoRepair: false, flavor: 'm1.large' },
    },
    { labels: {}, taints: [], autoRepair: true },
  ]);
  for (const wrong of [
    ['--autoscale', '5'],
    ['--autoscale', '1:x'],
    ['--scale-down-after', '2m'],
  ])
    expect(await update(...wrong)).toMatchObject({ code: 2 });
});
