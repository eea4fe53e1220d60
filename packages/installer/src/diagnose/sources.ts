import { open, readFile, statfs } from 'node:fs/promises';
import { cpus, freemem, loadavg, release, totalmem, uptime } from 'node:os';
import type { KubeObject } from '@matryoshka/kube';
import { createPool } from '@matryoshka/postgres';
import { type PlatformConfig, platformPaths, processNames } from '../config.ts';
import { doctor } from '../doctor/doctor.ts';
import { withManagement } from '../management/access.ts';
import { socketUrl } from '../postgres/cluster.ts';
import { readSecrets } from '../secrets/secrets.ts';
import { status } from '../status.ts';

/** A file of the bundle: what is in it is read when it is written. */
export interface Source {
  readonly path: string;
  readonly read: () => Promise<string>;
}

const json = (value: unknown): string => `${JSON.stringify(value, null, 2)}\n`;
const longestLog = 2 * 2 ** 20;

/** Everything that helps to find out what is wrong with an installation, from a distance. */
export function sourcesOf(config: PlatformConfig, signal: AbortSignal): readonly Source[] {
  const paths = platformPaths(config);
  const { dataDir } = config;
  return [
    { path: 'platform/config.json', read: async () => json(config) },
    { path: 'platform/status.json', read: async () => json(await status({ dataDir })) },
    { path: 'platform/doctor.json', read: async () => json(await doctor({ dataDir })) },
    { path: 'machine.json', read: async () => json(await machine(config)) },
    ...processNames.map((name) => ({
      path: `logs/${name}.log`,
      read: async () => await endOf(paths.logFile(name)),
    })),
    ...metricsSources(config, signal),
    ...databaseQueries.map(([name, query]) => ({
      path: `database/${name}.json`,
      read: async () => json(await ask(config, query)),
    })),
    ...managementKinds.map(([apiVersion, kind]) => ({
      path: `management-cluster/${kind}.json`,
      read: async () => json(await objects(config, apiVersion, kind, signal)),
    })),
  ];
}

function metricsSources({ ports }: PlatformConfig, signal: AbortSignal): readonly Source[] {
  const of = (name: string, port: number): Source => ({
    path: `metrics/${name}.txt`,
    read: async () => await (await fetch(`http://127.0.0.1:${port}/metrics`, { signal })).text(),
  });
  return [of('kaas-api', ports.apiMetrics), of('kaas-controller', ports.controllerMetrics)];
}

async function machine({ dataDir, cacheDir }: PlatformConfig): Promise<object> {
  const disk = async (path: string): Promise<object> => {
    const { bavail, blocks, bsize } = await statfs(path);
    return { path, freeBytes: bavail * bsize, bytes: blocks * bsize };
  };
  return {
    system: (await readFile('/etc/os-release', 'utf8')).split('\n').filter((line) => line.startsWith('PRETTY_NAME')),
    kernel: release(),
    node: process.version,
    processors: cpus().length,
    memory: { bytes: totalmem(), freeBytes: freemem() },
    load: loadavg(),
    uptimeSeconds: Math.round(uptime()),
    pressure: await readFile('/proc/pressure/cpu', 'utf8').catch(() => null),
    disks: await Promise.all([dataDir, cacheDir].map(disk)),
  };
}

/** The last part of a file that may be large. */
async function endOf(path: string): Promise<string> {
  const file = await open(path);
  try {
    const { size } = await file.stat();
    const start = Math.max(0, size - longestLog);
    const { buffer, bytesRead } = await file.read(Buffer.alloc(size - start), 0, size - start, start);
    const text = buffer.subarray(0, bytesRead).toString('utf8');
    // Not the rest of a line.
    return start === 0 ? text : text.slice(text.indexOf('\n') + 1);
  } finally {
    await file.close();
  }
}

/** No member names, no kubeconfigs, no audit records: what happened, not who did it. */
export const databaseQueries: readonly (readonly [name: string, query: string])[] = [
  [
    'clusters',
    `select id, tier, kubernetes_version, observed_version, phase, generation, observed_generation, failures, not_before, next_due_at, conditions,
       pool_status, management_cluster, data_store, created_at, delete_requested_at, deleted_at from clusters order by created_at desc limit 1000`,
  ],
  [
    'operations',
    `select id, cluster_id, kind, state, percent, message, error, phases, created_at, finished_at from operations order by created_at desc limit 300`,
  ],
  [
    'events',
    `select sequence, cluster_id, operation_id, type, data, at from events order by sequence desc nulls first limit 1000`,
  ],
  ['nodes', 'select cluster_id, name, pool, state, cause, created_at, ready_at from nodes order by 1, 2'],
  ['repairs', 'select cluster_id, node, pool, cause, at from repairs order by at desc limit 300'],
  ['tenant-stores', 'select * from tenant_stores'],
  ['ledger', 'select cluster_id, kind, name, external_id, created_at from ledger order by 1, 2'],
  ['management-clusters', 'select * from management_clusters'],
  [
    'leaders',
    'select pid, application_name, state, wait_event_type, wait_event, query_start from pg_stat_activity where datname = current_database()',
  ],
];

async function ask(config: PlatformConfig, query: string): Promise<readonly object[]> {
  const secrets = await readSecrets(config);
  if (secrets === undefined) throw new Error('there are no secrets of an installation here');
  const pool = createPool(
    socketUrl(config, platformPaths(config), 'kaas_controller', secrets.postgres.kaasController, 'kaas'),
    { name: 'kaas-diagnose', connectTimeoutMs: 5_000 },
  );
  try {
    return (await pool.query<object>(query)).rows;
  } finally {
    await pool.end();
  }
}

/** Kinds that hold no secrets; Secrets, ConfigMaps and KubeadmConfigs (join tokens) are left out. */
const managementKinds: readonly (readonly [apiVersion: string, kind: string])[] = [
  ['v1', 'Node'],
  ['v1', 'Pod'],
  ['v1', 'Service'],
  ['v1', 'Event'],
  ['apps/v1', 'Deployment'],
  ['cluster.x-k8s.io/v1beta2', 'Cluster'],
  ['cluster.x-k8s.io/v1beta2', 'MachineDeployment'],
  ['cluster.x-k8s.io/v1beta2', 'Machine'],
  ['controlplane.cluster.x-k8s.io/v1alpha1', 'KamajiControlPlane'],
  ['kamaji.clastix.io/v1alpha1', 'TenantControlPlane'],
  ['infrastructure.cluster.x-k8s.io/v1beta1', 'OpenStackCluster'],
  ['infrastructure.cluster.x-k8s.io/v1beta1', 'OpenStackMachine'],
  ['infrastructure.cluster.x-k8s.io/v1alpha1', 'OpenStackServer'],
];

async function objects(
  config: PlatformConfig,
  apiVersion: string,
  kind: string,
  signal: AbortSignal,
): Promise<readonly KubeObject[]> {
  const { items } = await withManagement(
    platformPaths(config),
    async (client) => await client.list({ apiVersion, kind }, { signal }),
  );
  return items.map(({ metadata, ...rest }) => {
    const { managedFields: _, ...kept } = metadata as typeof metadata & { readonly managedFields?: unknown };
    return { ...rest, metadata: kept };
  });
}
