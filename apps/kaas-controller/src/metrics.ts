import { type ControllerMetrics, createControllerMetrics, registerFleetMetrics } from '@matryoshka/controllers';
import type { Pool } from '@matryoshka/postgres';
import { createMetrics, type Logger, type MetricsServer, serveMetrics } from '@matryoshka/system';
import { listenOf } from './settings.ts';

/** Counts what the controller does; serves it where KAAS_METRICS_LISTEN says, and nowhere without it. Throws TypedError `configuration`, `port_taken`. */
export async function startMetrics(
  pool: Pool,
  managementCluster: string,
  log: Logger,
): Promise<{ readonly metrics: ControllerMetrics; readonly server: MetricsServer | undefined }> {
  const registry = createMetrics();
  const metrics = createControllerMetrics(registry);
  registerFleetMetrics(registry, pool, managementCluster);
  const listen = listenOf('KAAS_METRICS_LISTEN');
  const server = listen === undefined ? undefined : await serveMetrics(registry, listen, log);
  if (server !== undefined) log.info({ url: server.url }, 'metrics are served');
  return { metrics, server };
}
