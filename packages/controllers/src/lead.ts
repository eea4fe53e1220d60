import { acquireLeadership } from '@matryoshka/postgres';
import { type Logger, sleep } from '@matryoshka/system';
import type { ControllerMetrics } from './metrics/metrics.ts';

export interface LeadOptions {
  readonly databaseUrl: string;
  readonly name: string;
  readonly holder: string;
  readonly retryMs: number;
  readonly metrics?: ControllerMetrics;
  readonly log: Logger;
  readonly signal: AbortSignal;
}

/** Runs `work` whenever this process is the leader, with a signal that aborts when leadership is lost; waits while another one leads. */
export async function runWhileLeading(
  options: LeadOptions,
  work: (signal: AbortSignal) => Promise<void>,
): Promise<void> {
  const { log, signal } = options;
  while (!signal.aborted) {
    const lost = new AbortController();
    try {
      const leadership = await acquireLeadership(options.databaseUrl, {
        name: options.name,
        holder: options.holder,
        onLost: () => lost.abort(new Error('leadership was lost')),
      });
      if (leadership !== undefined) {
        log.info({ holder: options.holder }, 'leading');
        options.metrics?.leads(options.name, true);
        try {
          await work(AbortSignal.any([signal, lost.signal]));
        } finally {
          options.metrics?.leads(options.name, false);
          await leadership.release().catch(() => undefined);
        }
      }
    } catch (error) {
      if (!signal.aborted) log.warn({ err: error }, 'could not lead');
    }
    await sleep(options.retryMs, signal).catch(() => undefined);
  }
}
