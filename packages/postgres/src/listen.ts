import { sleep } from '@matryoshka/system';
import { connect } from './database.ts';

export type Channel = 'kaas_events' | 'kaas_clusters';

/**
 * Calls `onNotify` with each payload (a project id on `kaas_events`, a cluster id on `kaas_clusters`) until the signal aborts; connects
 * again when the connection is lost. Notifications only shorten waits: some may be missed, so callers poll as well.
 */
export async function listen(
  url: string,
  channel: Channel,
  onNotify: (payload: string) => void,
  signal: AbortSignal,
): Promise<void> {
  while (!signal.aborted) {
    try {
      await listenOnce(url, channel, onNotify, signal);
    } catch {
      // The next round connects again; until then polling carries on.
    }
    await sleep(1_000, signal).catch(() => undefined);
  }
}

async function listenOnce(
  url: string,
  channel: Channel,
  onNotify: (payload: string) => void,
  signal: AbortSignal,
): Promise<void> {
  const client = await connect(url, `kaas-listen-${channel}`);
  const ended = new Promise<void>((resolve) => {
    client.on('error', () => resolve());
    client.on('end', () => resolve());
    signal.addEventListener('abort', () => resolve(), { once: true });
    // An abort during the connect has no event any more.
    if (signal.aborted) resolve();
  });
  client.on('notification', (message) => onNotify(message.payload ?? ''));
  try {
    await client.query(`listen ${channel}`);
    await ended;
  } finally {
    await client.end().catch(() => undefined);
  }
}
