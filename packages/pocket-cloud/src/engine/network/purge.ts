import { rm } from 'node:fs/promises';
import { waitFor } from '@matryoshka/system';
import { removeHost } from './host.ts';
import { killQuietly, listNamespaces, processesIn, removeNamespace } from './linux.ts';
import type { NetworkEngineConfig } from './spec.ts';

/**
 * Removes every namespace, interface, rule and process of one instance's network, also without its rows; then gives the host back as it was found.
 * Servers must have been removed before: what still runs in one of the namespaces is ended.
 */
export async function purgeNetwork(config: NetworkEngineConfig): Promise<void> {
  const kinds = ['lb', 'dhcp', 'router', 'switch'];
  for (const kind of kinds)
    for (const namespace of await listNamespaces(`${config.prefix}-${kind}`)) {
      await endProcesses(namespace);
      await removeNamespace(namespace);
    }
  await removeHost(config.prefix);
  await rm(config.directory, { recursive: true, force: true });
}

async function endProcesses(namespace: string): Promise<void> {
  for (const pid of await processesIn(namespace)) killQuietly(pid);
  await waitFor(async () => (await processesIn(namespace)).length === 0, { timeoutMs: 3000, intervalMs: 50 });
}
