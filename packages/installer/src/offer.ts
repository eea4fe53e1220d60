import { chooseVersion, findComponent } from '@matryoshka/components';
import { TypedError } from '@matryoshka/system';
import { glanceStep, workerImageStep } from './cloud/worker-image.ts';
import { componentsStep, imagesStep } from './components/steps.ts';
import { type PlatformOptions, platformPaths } from './config.ts';
import type { PlatformContext } from './context.ts';
import { defineGraph } from './flow/graph.ts';
import { type FlowEvent, runGraph } from './flow/run.ts';
import { readSecrets } from './secrets/secrets.ts';
import { offeredStep } from './service/steps.ts';
import { readState } from './state/state.ts';
import { lockPlatform } from './up.ts';

/**
 * Makes one more Kubernetes version available to customers: builds it, puts its images into the registry and its worker image into Glance,
 * and waits until kaas-controller has found it there. Safe to repeat. Throws TypedError `unknown_version`, `no_platform`, `locked`, `version_not_offered`.
 */
export async function offerVersion(
  version: string,
  options: {
    readonly platform?: PlatformOptions;
    readonly onProgress?: (event: FlowEvent) => void;
    readonly signal?: AbortSignal;
  } = {},
): Promise<void> {
  const kubernetesVersion = chooseVersion(findComponent('kubernetes'), version);
  const installed = await readState(options.platform);
  const secrets = installed === undefined ? undefined : await readSecrets(installed);
  if (installed === undefined || secrets === undefined)
    throw new TypedError('Nothing is installed in this data directory', {
      code: 'no_platform',
      actor: 'user',
      next: 'Run: kaas up',
    });
  const config = { ...installed, kubernetesVersion };
  const lock = await lockPlatform(config, `kaas components offer ${version}`);
  try {
    const context: PlatformContext = { config, paths: platformPaths(config), secrets };
    const steps = [
      componentsStep([]),
      imagesStep(['components']),
      workerImageStep(['components']),
      glanceStep(['worker-image']),
      offeredStep(['glance']),
    ];
    await runGraph(defineGraph(steps), context, {
      ...(options.onProgress === undefined ? {} : { onEvent: options.onProgress }),
      ...(options.signal === undefined ? {} : { signal: options.signal }),
    });
  } finally {
    await lock.release();
  }
}
