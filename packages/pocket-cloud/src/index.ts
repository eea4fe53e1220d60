import { createLogger, type Logger } from '@matryoshka/system';
import { type PocketCloudConfig, pocketCloudPaths } from './config.ts';
import { ensureHost } from './engine/network/index.ts';
import { networkEngineConfig } from './neutron/index.ts';
import { type PocketCloud, purgeCloud, startCloud } from './start.ts';

export {
  defaultPorts,
  type PocketCloudConfig,
  type PocketCloudOptions,
  type PocketCloudPaths,
  pocketCloudConfig,
  pocketCloudPaths,
  type ServiceName,
  serviceUrl,
} from './config.ts';
export type { PocketCloud } from './start.ts';

/** Starts the cloud in this process; see {@link startCloud}. */
export async function startPocketCloud(
  config: PocketCloudConfig,
  log: Logger = createLogger('pocket-cloud'),
): Promise<PocketCloud> {
  return await startCloud(config, log);
}

/** Removes everything the cloud made on this machine. The process must have ended. */
export async function purgePocketCloud(config: PocketCloudConfig): Promise<void> {
  await purgeCloud(config);
}

/** Makes the host's address on the provider network exist, for programs that listen there before the cloud starts. */
export async function ensureHostNetwork(config: PocketCloudConfig): Promise<void> {
  await ensureHost(networkEngineConfig(config, pocketCloudPaths(config)));
}
