import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { home, requests, routes, kaas as run, startFakeService, stopFakeService, url } from './testing/fake-service.ts';

const kaas = async (argv: readonly string[]) => await run(argv, { KAAS_URL: url, KAAS_TOKEN: 't' });

beforeEach(startFakeService);
afterEach(stopFakeService);

const line = {
  ...{
    from: '2026-11-01T00:00:00.000Z',
    clusterId: 'c-aaaaaaaaaa',
    clusterName: 'demo',
    item: 'node',
    sku: 'm1.small',
  },
  ...{ quantity: '12.5', perHour: '0.05', cost: '0.625' },
};
const usage = {
  ...{ from: line.from, to: '2026-11-02T00:00:00.000Z', currency: 'EUR', total: '0.625', lines: [line] },
};
const amounts = { spent: '4.2', forecast: '10', perMonth: '36.5' };

describe('usage', () => {
  it('is a table of hours and cost; a day stands for its beginning, and a deleted cluster is known by its id', async () => {
    const route = 'GET /v1/usage?from=2026-11-01T00%3A00%3A00Z&interval=day&clusterId=c-aaaaaaaaaa';
    routes[route] = () => [200, usage];
    const { code, stdout, stderr } = await kaas([
      'usage',
      '--from',
      '2026-11-01',
      '--by',
      'day',
      '--cluster',
      'c-aaaaaaaaaa',
    ]);
    expect(code).toBe(0);
    expect(stdout).toMatch(
      /DAY +CLUSTER +ITEM +KIND +HOURS +PER HOUR +COST\n2026-11-01 +demo +node +m1.small +12.50 +0.05 +0.6/,
    );
    expect(stderr).toBe('2026-11-01T00:00:00.000Z to 2026-11-02T00:00:00.000Z: 0.63 EUR\n');
    const { stdout: data } = await kaas([
      'usage',
      '--from',
      '2026-11-01',
      '--by',
      'day',
      '--cluster',
      'c-aaaaaaaaaa',
      '-o',
      'json',
    ]);
    expect(JSON.parse(data)).toEqual(usage);
  });

  it('of all projects names them', async () => {
    routes['GET /v1/fleet/usage'] = () => [200, { ...usage, lines: [{ projectId: 'p-1', ...line }] }];
    expect((await kaas(['fleet', 'usage'])).stdout).toMatch(/PROJECT +CLUSTER[^\n]*\np-1 +demo/);
  });
});

describe('cost', () => {
  it('tells what was spent, what will be, and the budget', async () => {
    const cost = { month: '2026-11-01T00:00:00.000Z', currency: 'EUR', ...amounts, clusters: [] };
    routes['GET /v1/cost'] = () => [200, { ...cost, budget: null }];
    expect((await kaas(['cost'])).stderr).toBe('2026-11: 4.20 EUR until now, 10.00 EUR at its end\n');
    routes['PATCH /v1/budget'] = () => [200, { ...cost, budget: { amount: '20', thresholds: [90] } }];
    const { stderr } = await kaas(['budget', 'set', '20', '--threshold', '90']);
    expect(stderr).toBe('2026-11: 4.20 EUR until now, 10.00 EUR at its end; the budget is 20.00 EUR\n');
    expect(requests.at(-1)?.body).toEqual({ amount: '20', thresholds: [90] });
    expect(await kaas(['budget', 'set', '20', '--threshold', 'much'])).toMatchObject({ code: 2 });
  });
});

describe('prices', () => {
  it('are published from a file, which must be JSON', async () => {
    const list = { currency: 'EUR', prices: [{ item: 'node', sku: '', perHour: '0.05' }] };
    const file = join(home, 'prices.json');
    await writeFile(file, JSON.stringify(list));
    const made = { ...list, id: 'pl-aaaaaaaaaaaa', validFrom: line.from, validUntil: null };
    routes['POST /v1/price-lists'] = () => [201, made];
    expect((await kaas(['price', 'publish', file])).stderr).toBe(`pl-aaaaaaaaaaaa is valid from ${line.from} on\n`);
    expect(requests.at(-1)?.body).toEqual(list);
    routes['GET /v1/price-lists'] = () => [200, { items: [made] }];
    expect((await kaas(['price', 'list'])).stdout).toMatch(/node +any other +0.05 EUR/);
    await writeFile(file, '{');
    const refused = await kaas(['price', 'publish', file]);
    expect(refused).toMatchObject({ code: 2, stderr: expect.stringContaining('cannot be read as JSON') });
  });
});

describe('the fleet', () => {
  const cluster = {
    ...{ id: 'c-aaaaaaaaaa', name: 'demo', projectId: 'p-1', projectName: 'shop', kubernetesVersion: 'v1.36.3' },
    ...{ tier: 'ha', phase: 'degraded', workers: { wanted: 3, ready: 2 }, endpoint: null, createdAt: line.from },
    cause: { code: 'NoCapacity', message: 'There is no room.', actor: 'provider' },
    operation: { id: 'op-aaaaaaaaaaaa', kind: 'pool.update', percent: 50, since: line.from, late: true },
  };

  it('is found by anything, and tells what holds it up', async () => {
    routes['GET /v1/fleet/clusters?tier=ha&search=10.6.0.9&attention=late'] = () => [200, { items: [cluster] }];
    const { code, stdout } = await kaas(['fleet', 'clusters', '10.6.0.9', '--tier', 'ha', '--late']);
    expect(code).toBe(0);
    expect(stdout).toMatch(
      /shop +demo +c-aaaaaaaaaa +degraded +ha +v1.36.3 +2\/3 .*pool.update 50% \(late\) +NoCapacity/,
    );
    expect(await kaas(['fleet', 'clusters', '--late', '--troubled'])).toMatchObject({ code: 2 });
  });

  it('is counted', async () => {
    routes['GET /v1/fleet/summary'] = () => [
      200,
      {
        ...{
          clusters: 3,
          projects: 2,
          workers: { wanted: 5, ready: 4 },
          phases: { degraded: 1, ready: 2 },
          tiers: { ha: 3 },
        },
        ...{
          versions: {},
          causes: [{ code: 'NoCapacity', actor: 'provider', clusters: 1 }],
          operations: { running: 1, late: 1 },
        },
      },
    ];
    expect((await kaas(['fleet', 'summary'])).stdout).toBe(
      [
        '3 clusters in 2 projects, 4 of 5 workers ready',
        'phases: 2 ready, 1 degraded',
        'tiers: 3 ha',
        'versions: none',
        'operations: 1 running, 1 late',
        'cause: 1 × NoCapacity (provider must act)',
        '',
      ].join('\n'),
    );
  });
});
