import { errorMessage, sleep } from '@matryoshka/system';
import { adminCloud } from '../cloud/pocket-cloud.ts';
import type { PlatformContext } from '../context.ts';
import type { StepRun } from '../flow/graph.ts';
import { findServer } from '../management/servers.ts';
import { managementProject } from '../management/settings.ts';

/**
 * Starts the management servers again, and with them every control plane: what their API servers keep in memory is of a database that is not there any more. Where the cloud does not answer they do not run
 * either, or are started by whoever starts the cloud.
 */
export async function restartManagement(
  { config, secrets }: PlatformContext,
  { signal, report }: StepRun,
): Promise<void> {
  const cloud = adminCloud(config, secrets, managementProject);
  try {
    const projectId = (await cloud.session.token(signal)).info.project?.id ?? '';
    for (let index = 0; index < config.managementNodes; index += 1) {
      const server = await findServer(cloud, projectId, index, signal);
      if (server?.status !== 'ACTIVE') continue;
      report(`starting ${server.name} again`);
      await cloud.nova.serverAction(server.id, 'reboot', { type: 'HARD' }, signal);
      while ((await cloud.nova.servers.get(server.id, signal)).status === 'HARD_REBOOT') await sleep(300, signal);
    }
  } catch (error) {
    signal.throwIfAborted();
    report(`management servers were not started again: ${errorMessage(error)}`);
  }
}
