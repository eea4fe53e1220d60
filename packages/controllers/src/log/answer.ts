import { answerOf } from '@matryoshka/domain';
import type { KubeClient } from '@matryoshka/kube';
import { answerLogRequest, type LogRequest, type Pool, takeLogRequests } from '@matryoshka/postgres';
import { errorMessage, type Logger } from '@matryoshka/system';
import { periodically } from '../periodically.ts';
import { readLogs } from './read.ts';

export interface LogOptions {
  readonly intervalMs: number;
  readonly log: Logger;
  readonly signal: AbortSignal;
}

interface Place {
  readonly management: KubeClient;
  readonly pool: Pool;
  readonly managementCluster: string;
}

const atOnce = 8;

/** Answers questions about logs until the signal aborts, several at once. */
export async function runLogs(place: Place, options: LogOptions): Promise<void> {
  const failure = 'questions about logs could not be answered';
  await periodically({ ...options, retryMs: 5_000, failure }, async () => {
    const { pool, managementCluster } = place;
    const requests = await takeLogRequests(pool, { managementCluster, limit: atOnce });
    await Promise.all(requests.map(async (request) => await answer(place, request, options)));
  });
}

async function answer({ management, pool }: Place, request: LogRequest, { log, signal }: LogOptions): Promise<void> {
  try {
    await answerLogRequest(pool, request.id, answerOf(request, await readLogs(management, request, signal)));
  } catch (error) {
    if (signal.aborted) throw error;
    log.warn({ clusterId: request.clusterId, component: request.component, err: error }, 'a log could not be read');
    await answerLogRequest(pool, request.id, { error: errorMessage(error) });
  }
}
