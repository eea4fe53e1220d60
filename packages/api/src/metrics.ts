import type { Pool } from '@matryoshka/postgres';
import { Counter, Gauge, Histogram, type Registry } from '@matryoshka/system';

/** What is counted of calls of the API. */
export interface ApiMetrics {
  /** An answer was given, or broken off. */
  answered(call: {
    readonly operation: string;
    readonly status: number;
    readonly seconds: number;
    /** It lasts as long as its reader wants. */
    readonly streams: boolean;
  }): void;
}

export const noApiMetrics: ApiMetrics = { answered: () => undefined };

/** Registers the metrics of kaas-api: calls by operation and status, event streams, connections to the database. */
export function createApiMetrics(register: Registry, pool: Pool): ApiMetrics {
  const requests = new Histogram({
    name: 'kaas_api_request_duration_seconds',
    help: 'Time from the first byte of a request to the last of its answer, by operation and status',
    labelNames: ['operation', 'status'],
    buckets: [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 10],
    registers: [register],
  });
  const streams = new Counter({
    name: 'kaas_api_event_streams_ended_total',
    help: 'Event streams that ended, by status',
    labelNames: ['status'],
    registers: [register],
  });
  registerPool(register, pool);
  return {
    answered: ({ operation, status, seconds, streams: isStream }) =>
      isStream ? streams.inc({ status }) : requests.observe({ operation, status }, seconds),
  };
}

function registerPool(register: Registry, pool: Pool): void {
  const connections = new Gauge({
    name: 'kaas_database_connections',
    help: 'Connections to the product database: in use, idle, and callers that wait for one',
    labelNames: ['state'],
    registers: [register],
    collect: () => {
      connections.set({ state: 'used' }, pool.totalCount - pool.idleCount);
      connections.set({ state: 'idle' }, pool.idleCount);
      connections.set({ state: 'waiting' }, pool.waitingCount);
    },
  });
}
