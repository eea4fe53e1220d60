import { readFile } from 'node:fs/promises';
import { createApiMetrics } from '@matryoshka/api';
import { send, startTestPlatform, type TestPlatform } from '@matryoshka/api/testing';
import { createControllerMetrics, createPostgresClusterStore, registerFleetMetrics } from '@matryoshka/controllers';
import { createPool, reportManagementCluster, saveTenantStores, storesToMeasure } from '@matryoshka/postgres';
import { createLogger, createMetrics, type MetricsServer, serveMetrics } from '@matryoshka/system';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { parse } from 'yaml';

// Both programs' registries as they are, on a real database, read as Prometheus would; and what is written about them held against that.

let platform: TestPlatform;
let servers: readonly MetricsServer[];
let api: string;
let controller: ReturnType<typeof createControllerMetrics>;
const here = new URL('../../docs/observability/', import.meta.url);
const scrape = async (): Promise<string> =>
  (await Promise.all(servers.map(async ({ url }) => await (await fetch(url)).text()))).join('\n');
const values = async (name: string): Promise<readonly string[]> =>
  (await scrape()).split('\n').filter((line) => line.startsWith(`${name}{`) || line.startsWith(`${name} `));

beforeAll(async () => {
  platform = await startTestPlatform();
  const [ofApi, ofController] = [createMetrics(), createMetrics()];
  const pool = createPool(platform.apiUrl);
  platform.defer(async () => await pool.end());
  api = (await platform.startApi({ metrics: createApiMetrics(ofApi, pool) })).url;
  controller = createControllerMetrics(ofController);
  registerFleetMetrics(ofController, platform.controller, 'default');
  const log = createLogger('test');
  const anywhere = { host: '127.0.0.1', port: 0 };
  servers = await Promise.all([ofApi, ofController].map(async (one) => await serveMetrics(one, anywhere, log)));
});
afterAll(async () => {
  await Promise.all((servers ?? []).map(async (server) => await server.close()));
  await platform?.stop();
});

it('counts calls by operation and status, and never by what a caller made up', async () => {
  const token = await platform.login(await platform.newProject(), 'operator');
  await send(api, 'cluster.create', {
    token,
    body: { name: 'one', pools: [{ name: 'w', flavor: 'm1.small', count: 1 }] },
  });
  await send(api, 'cluster.list', { token });
  await send(api, 'cluster.get', { token, params: { clusterId: 'c-0000000000' } });
  for (const path of ['/v1/made-up', '/v1/made-up-too']) await fetch(`${api}${path}`);
  await fetch(`${api}/readyz`);
  const answered = await values('kaas_api_request_duration_seconds_count');
  const name = 'kaas_api_request_duration_seconds_count';
  expect(answered).toEqual(
    expect.arrayContaining([
      `${name}{operation="cluster.create",status="202"} 1`,
      `${name}{operation="cluster.get",status="404"} 1`,
      `${name}{operation="unknown",status="404"} 2`,
      `${name}{operation="/readyz",status="200"} 1`,
    ]),
  );
  expect(answered.join()).not.toContain('made-up');
});

it('tells what there is, and that it cannot when the database is away', async () => {
  const dataStore = { name: 'default', maxTenants: 9, maxConnections: null, maxBytes: 1e9, connections: 4, bytes: 5e6 };
  const capacity = { cpuMillis: 1, memoryMib: 1, pods: 1 };
  await reportManagementCluster(platform.controller, 'default', {
    nodes: 1,
    capacity,
    reserved: capacity,
    dataStores: [dataStore],
  });
  const counted = controller.counted(createPostgresClusterStore(platform.controller, platform.secretBox, 'default'));
  const id = (await platform.controller.query<{ id: string }>('select id from clusters')).rows[0]?.id ?? '';
  const cluster = await counted.load(id);
  if (cluster === undefined) throw new Error('no cluster');
  const cause = { reason: 'NodeSilent', message: 'm', actor: 'user' } as const;
  await counted.addRepair(cluster, { node: 'n', pool: 'w', cause, at: new Date() });
  const drift = { kind: 'DaemonSet', name: 'd', namespace: null, fields: ['/spec'], by: 'kubectl' };
  await counted.noteDrift(cluster, { where: 'cluster', ...drift });
  expect(await values('kaas_node_repairs_total')).toEqual(['kaas_node_repairs_total{cause="NodeSilent"} 1']);
  expect(await values('kaas_drift_total')).toEqual(['kaas_drift_total{where="cluster",kind="DaemonSet"} 1']);
  const events = await platform.controller.query("select data from events where type = 'cluster.drift'");
  expect(events.rows).toEqual([{ data: { where: 'cluster', ...drift } }]);
  controller.leads('clusters', true);
  controller.reconciled('done', 0.2);
  expect(await values('kaas_clusters')).toEqual(['kaas_clusters{phase="creating",tier="standard"} 1']);
  expect(await values('kaas_operations_running')).toEqual([
    'kaas_operations_running{kind="cluster.create",late="false"} 1',
  ]);
  expect(await values('kaas_data_store')).toEqual(
    expect.arrayContaining([
      'kaas_data_store{data_store="default",what="tenants"} 1',
      'kaas_data_store{data_store="default",what="bytes"} 5000000',
      'kaas_data_store{data_store="default",what="bytes_allowed"} 1000000000',
    ]),
  );
  expect(await values('kaas_leading')).toEqual(['kaas_leading{name="clusters"} 1']);
  const tenant = { clusterId: id, bytes: 8e6, usedBytes: 8e6, rows: 900, revision: 5_000, compactedRevision: 4_000 };
  expect(
    await storesToMeasure(platform.controller, { managementCluster: 'default', dataStore: 'default', limit: 9 }),
  ).toEqual([id]);
  for (let twice = 0; twice < 2; twice += 1) await saveTenantStores(platform.controller, [tenant], null);
  expect(await values('kaas_tenant_store')).toEqual([
    `kaas_tenant_store{cluster="${id}",what="bytes"} 8000000`,
    `kaas_tenant_store{cluster="${id}",what="rows"} 900`,
    `kaas_tenant_store{cluster="${id}",what="history"} 1000`,
  ]);
  const { clusterId: _, ...store } = tenant;
  const shown = await send(api, 'cluster.get', {
    token: await platform.login('p1', 'viewer'),
    params: { clusterId: id },
  });
  expect(shown.body.status.store).toEqual({
    ...{ ...store, quotaBytes: null, frozen: false },
    measuredAt: expect.stringMatching(/^20.*Z$/),
  });
  expect(await values('kaas_fleet_readable')).toEqual(['kaas_fleet_readable 1']);

  const registry = createMetrics();
  const gone = createPool(platform.apiUrl.replace(/\/kaas$/, '/nothing'));
  registerFleetMetrics(registry, gone, 'default');
  expect(await registry.metrics()).toContain('kaas_fleet_readable 0');
  await gone.end();
});

describe('what is written about metrics', () => {
  const names = async (): Promise<ReadonlyMap<string, string>> =>
    new Map(
      [...(await scrape()).matchAll(/^# TYPE (kaas_\w+) (\w+)$/gm)].map(([, name = '', type = '']) => [name, type]),
    );
  const used = (text: string): readonly string[] => [
    ...new Set([...text.matchAll(/\bkaas_[a-z_]+/g)].map(([name]) => name)),
  ];

  it('names metrics that exist, and the page names all of them', async () => {
    const known = await names();
    const served = new Set(
      [...known].flatMap(([name, type]) => (type === 'histogram' ? [name, `${name}_bucket`, `${name}_count`] : [name])),
    );
    for (const file of ['alerts.yaml', 'dashboard.json', 'README.md'])
      expect(
        used(await readFile(new URL(file, here), 'utf8')).filter((name) => !served.has(name)),
        file,
      ).toEqual([]);
    const page = await readFile(new URL('README.md', here), 'utf8');
    expect([...known.keys()].filter((name) => !page.includes(`\`${name}\``))).toEqual([]);
  });

  it('has a runbook for every alert, and no other', async () => {
    const { groups } = parse(await readFile(new URL('alerts.yaml', here), 'utf8')) as {
      readonly groups: readonly {
        readonly rules: readonly { readonly alert: string; readonly annotations: { readonly runbook: string } }[];
      }[];
    };
    const rules = groups.flatMap((group) => group.rules);
    const page = await readFile(new URL('README.md', here), 'utf8');
    const headings = [...page.matchAll(/^### (\w+)$/gm)].map(([, heading]) => heading);
    expect(rules.map(({ alert }) => alert).toSorted()).toEqual(headings.toSorted());
    for (const { alert, annotations } of rules)
      expect(annotations.runbook).toBe(`docs/observability/README.md#${alert.toLowerCase()}`);
  });
});
