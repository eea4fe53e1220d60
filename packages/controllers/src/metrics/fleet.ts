import { type FleetCounts, fleetCounts, listManagementClusters, type Pool } from '@matryoshka/postgres';
import { Gauge, type Registry } from '@matryoshka/system';

/**
 * Registers what the product database knows of a management cluster: clusters by phase, causes, operations, nodes, DataStores. Read when Prometheus asks. Every controller tells the same, so
 * that nothing is missing while leadership moves; dashboards take the maximum.
 */
export function registerFleetMetrics(register: Registry, pool: Pool, managementCluster: string): void {
  const gauge = <T extends string>(name: string, help: string, labelNames: readonly T[]): Gauge<T> =>
    new Gauge({ name, help, labelNames: [...labelNames], registers: [register] });
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
  const show = (counts: FleetCounts): void => {
    for (const { count, ...labels } of counts.clusters) clusters.set(labels, count);
    for (const { count, ...labels } of counts.causes) causes.set(labels, count);
    for (const { kind, late, count, oldestSeconds } of counts.operations) {
      operations.set({ kind, late: String(late) }, count);
      oldest.set({ kind }, oldestSeconds);
    }
    for (const { state, count } of counts.nodes) nodes.set({ state }, count);
  };
  // One metric collects for all, because they come from the same queries.
  new Gauge({
    name: 'kaas_fleet_readable',
    help: '1: the product database answered when these metrics were asked for',
    registers: [register],
    async collect() {
      for (const metric of [clusters, causes, operations, oldest, nodes, store]) metric.reset();
      try {
        show(await fleetCounts(pool, managementCluster));
        await showStores(store, pool, managementCluster);
        this.set(1);
      } catch {
        this.set(0);
      }
    },
  });
}

async function showStores(store: Gauge<'data_store' | 'what'>, pool: Pool, managementCluster: string): Promise<void> {
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
  }
}
