import {
  type FleetCounts,
  fleetCounts,
  listManagementClusters,
  listTenantStores,
  type Pool,
} from '@matryoshka/postgres';
import { Gauge, type Registry } from '@matryoshka/system';

/**
 * Registers what the product database knows of a management cluster: clusters by phase, causes, operations, nodes, DataStores. Read when Prometheus asks. Every controller tells the same, so
 * that nothing is missing while leadership moves; dashboards take the maximum.
 */
export function registerFleetMetrics(register: Registry, pool: Pool, managementCluster: string): void {
  let reading: Promise<void> | undefined;
  // All are read together: whichever Prometheus' client asks first, the others wait for the same answer.
  const collect = async (): Promise<void> => {
    reading ??= read().finally(() => {
      reading = undefined;
    });
    await reading;
  };
  const gauge = <T extends string>(name: string, help: string, labelNames: readonly T[]): Gauge<T> =>
    new Gauge({ name, help, labelNames: [...labelNames], registers: [register], collect });
  const clusters = gauge('kaas_clusters', 'Clusters, by phase and tier', ['phase', 'tier']);
  const causes = gauge(
    'kaas_cluster_causes',
    'Conditions of clusters that are not as they should be, by what they blame and who must act',
    ['type', 'reason', 'actor'],
  );
  const operations = gauge(
    'kaas_operations_running',
    'Operations that run; late: longer than nineteen of twenty of their kind',
    ['kind', 'late'],
  );
  const oldest = gauge('kaas_operation_oldest_seconds', 'Age of the oldest operation that runs, by kind', ['kind']);
  const nodes = gauge('kaas_nodes', 'Workers, by state', ['state']);
  const store = gauge('kaas_data_store', 'Tenants, connections and bytes of a DataStore: in use and allowed', [
    'data_store',
    'what',
  ]);
  const archives = gauge(
    'kaas_data_store_archive',
    'Of the archive of a DataStore: since when it goes (Unix time), and 1 when it takes nothing',
    ['data_store', 'what'],
  );
  const tenants = gauge(
    'kaas_tenant_store',
    'Of the database of a control plane: bytes, rows (estimated), and revisions that are history',
    ['cluster', 'what'],
  );
  const backups = gauge('kaas_clusters_backup_failed', 'Clusters whose newest backup has failed', []);
  const certificates = gauge(
    'kaas_certificate_end_timestamp_seconds',
    'When the first certificate of a control plane ends',
    ['cluster'],
  );
  const show = (counts: FleetCounts): void => {
    for (const { count, ...labels } of counts.clusters) clusters.set(labels, count);
    for (const { count, ...labels } of counts.causes) causes.set(labels, count);
    for (const { kind, late, count, oldestSeconds } of counts.operations) {
      operations.set({ kind, late: String(late) }, count);
      oldest.set({ kind }, oldestSeconds);
    }
    for (const { state, count } of counts.nodes) nodes.set({ state }, count);
    backups.set(counts.backupsFailed);
    for (const { cluster, seconds } of counts.certificateEnds) certificates.set({ cluster }, seconds);
  };
  const readable = gauge(
    'kaas_fleet_readable',
    '1: the product database answered when these metrics were asked for',
    [],
  );
  const read = async (): Promise<void> => {
    for (const metric of [clusters, causes, operations, oldest, nodes, store, archives, tenants, backups, certificates])
      metric.reset();
    try {
      show(await fleetCounts(pool, managementCluster));
      await showStores({ store, archives }, pool, managementCluster);
      await showTenants(tenants, pool, managementCluster);
      readable.set(1);
    } catch {
      readable.set(0);
    }
  };
}

async function showTenants(tenants: Gauge<'cluster' | 'what'>, pool: Pool, managementCluster: string): Promise<void> {
  for (const { clusterId: cluster, bytes, rows, ...at } of await listTenantStores(pool, managementCluster)) {
    const values = { bytes, rows, history: at.revision - at.compactedRevision };
    for (const [what, value] of Object.entries(values)) tenants.set({ cluster, what }, value);
  }
}

async function showStores(
  { store, archives }: Readonly<Record<'store' | 'archives', Gauge<'data_store' | 'what'>>>,
  pool: Pool,
  managementCluster: string,
): Promise<void> {
  const found = (await listManagementClusters(pool)).find(({ name }) => name === managementCluster);
  for (const { name: data_store, tenants, ...known } of found?.dataStores ?? []) {
    const values = {
      tenants: tenants.standard + tenants.ha,
      tenants_allowed: known.maxTenants,
      connections: known.connections,
      connections_allowed: known.maxConnections,
      bytes: known.bytes,
      bytes_allowed: known.maxBytes,
    };
    for (const [what, value] of Object.entries(values)) if (value !== null) store.set({ data_store, what }, value);
    if (known.archivedFrom === null) continue;
    archives.set({ data_store, what: 'from' }, known.archivedFrom.getTime() / 1_000);
    archives.set({ data_store, what: 'failing' }, known.archiveFailing ? 1 : 0);
  }
}
