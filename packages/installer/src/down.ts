import { purgePocketCloud } from '@matryoshka/pocket-cloud';
import { removeFolder, stopDaemon } from '@matryoshka/system';
import { cloudConfig, stopPocketCloud } from './cloud/pocket-cloud.ts';
import { type PlatformConfig, type PlatformOptions, platformPaths } from './config.ts';
import { stopPostgres } from './postgres/step.ts';
import { ensureSecrets } from './secrets/secrets.ts';
import { stopApps } from './service/steps.ts';
import { readState } from './state/state.ts';
import { lockPlatform } from './up.ts';

export interface DownOptions {
  readonly platform?: PlatformOptions;
  /** Also delete everything: machines, networks, databases, secrets. The build cache stays. */
  readonly purge?: boolean;
  readonly onProgress?: (line: string) => void;
}

/**
 * Ends the platform's processes, those that use others first; what customers stored stays. With `purge` nothing of the platform is left but
 * the build cache. False when nothing is installed. Throws TypedError `locked` while another `up` or `down` works.
 */
export async function down(options: DownOptions = {}): Promise<boolean> {
  const config = await readState(options.platform);
  if (config === undefined) return false;
  const lock = await lockPlatform(config, options.purge === true ? 'kaas down --purge' : 'kaas down');
  try {
    await stopProcesses(config, options.onProgress ?? (() => undefined));
    if (options.purge === true) {
      options.onProgress?.('removing machines and networks');
      await purgePocketCloud(cloudConfig(config, await ensureSecrets(config)));
      options.onProgress?.(`removing ${config.dataDir}`);
      await removeFolder(config.dataDir);
    }
  } finally {
    await lock.release();
  }
  return true;
}

async function stopProcesses(config: PlatformConfig, report: (line: string) => void): Promise<void> {
  const paths = platformPaths(config);
  report('ending kaas-api and kaas-controller');
  await stopApps(paths);
  report('ending pocket-cloud');
  await stopPocketCloud(paths);
  report('ending registry');
  await stopDaemon(paths.pidFile('registry'));
  report('ending postgres');
  await stopPostgres(paths);
}
