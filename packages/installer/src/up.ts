import { acquireLock, type Lock } from '@matryoshka/system';
import { archiveStep } from './archive/step.ts';
import { hostNetworkStep, pocketCloudStep } from './cloud/pocket-cloud.ts';
import { glanceStep, workerImageStep } from './cloud/worker-image.ts';
import { componentsStep, imagesStep } from './components/steps.ts';
import { type PlatformConfig, type PlatformOptions, platformConfig, platformPaths } from './config.ts';
import type { PlatformContext, PlatformStep } from './context.ts';
import { databaseStep } from './database/step.ts';
import { defineGraph, type Graph } from './flow/graph.ts';
import { type FlowEvent, runGraph } from './flow/run.ts';
import { machineStep, packagesStep } from './machine/steps.ts';
import { managementClusterStep } from './management/cluster-step.ts';
import { controllersStep } from './management/controllers-step.ts';
import { managementServersStep } from './management/servers-step.ts';
import { postgresStep } from './postgres/step.ts';
import { registryStep } from './registry/step.ts';
import { ensureSecrets } from './secrets/secrets.ts';
import { issuerCertificateStep } from './service/issuer-step.ts';
import { apiStep, controllerStep } from './service/steps.ts';
import { configFor, writeState } from './state/state.ts';

export interface UpOptions {
  readonly platform?: PlatformOptions;
  readonly onProgress?: (event: FlowEvent) => void;
  readonly signal?: AbortSignal;
}

/** Every step of `up`, in the order of their dependencies. */
export function upSteps(): readonly PlatformStep[] {
  return [
    machineStep(),
    packagesStep(['machine']),
    hostNetworkStep(['packages']),
    postgresStep(['host-network']),
    archiveStep(['postgres']),
    databaseStep(['postgres']),
    registryStep(['host-network']),
    pocketCloudStep(['host-network']),
    componentsStep(['packages']),
    imagesStep(['components', 'registry']),
    workerImageStep(['components']),
    glanceStep(['worker-image', 'pocket-cloud']),
    managementServersStep(['glance', 'postgres', 'images']),
    managementClusterStep(['management-servers']),
    controllersStep(['management-cluster']),
    issuerCertificateStep(['postgres']),
    apiStep(['database', 'pocket-cloud', 'issuer-certificate']),
    controllerStep(['database', 'archive', 'controllers']),
  ];
}

export function upGraph(): Graph<PlatformContext> {
  return defineGraph(upSteps());
}

/**
 * Brings the platform up, or what of it is missing. May be ended at any moment and called again. Throws TypedError `locked` while another
 * `up` or `down` works on the same data directory, and StepError for the step that failed.
 */
export async function up(options: UpOptions = {}): Promise<PlatformConfig> {
  const lock = await lockPlatform(platformConfig(options.platform), 'kaas up');
  try {
    const config = await configFor(options.platform);
    const context: PlatformContext = { config, paths: platformPaths(config), secrets: await ensureSecrets(config) };
    await writeState(config);
    await runGraph(upGraph(), context, {
      ...(options.onProgress === undefined ? {} : { onEvent: options.onProgress }),
      ...(options.signal === undefined ? {} : { signal: options.signal }),
    });
    return config;
  } finally {
    await lock.release();
  }
}

export async function lockPlatform(config: PlatformConfig, purpose: string): Promise<Lock> {
  return await acquireLock(platformPaths(config).lockFile, purpose);
}
