import { daemonStatus } from '@matryoshka/system';
import { cloudAnswers } from './cloud/pocket-cloud.ts';
import { type PlatformConfig, type PlatformOptions, type ProcessName, platformPaths, processNames } from './config.ts';
import { answers } from './postgres/cluster.ts';
import { registryAnswers } from './registry/step.ts';
import { readSecrets } from './secrets/secrets.ts';
import { readState } from './state/state.ts';

export interface ProcessStatus {
  readonly name: ProcessName;
  readonly pid: number | undefined;
  /** `ready`: does its job; `unready`: runs without doing it; `stopped`: does not run. */
  readonly state: 'ready' | 'unready' | 'stopped';
}

export interface PlatformStatus {
  readonly installed: boolean;
  readonly dataDir: string | undefined;
  readonly kubernetesVersion: string | undefined;
  readonly processes: readonly ProcessStatus[];
}

/** What runs, found out by asking every part. Changes nothing. */
export async function status(options: PlatformOptions = {}): Promise<PlatformStatus> {
  const config = await readState(options);
  if (config === undefined)
    return { installed: false, dataDir: undefined, kubernetesVersion: undefined, processes: [] };
  return {
    installed: true,
    dataDir: config.dataDir,
    kubernetesVersion: config.kubernetesVersion,
    processes: await Promise.all(processNames.map(async (name) => await processStatus(config, name))),
  };
}

async function processStatus(config: PlatformConfig, name: ProcessName): Promise<ProcessStatus> {
  const identity = await daemonStatus(platformPaths(config).pidFile(name));
  if (identity === undefined) return { name, pid: undefined, state: 'stopped' };
  return { name, pid: identity.pid, state: (await isReady(config, name)) ? 'ready' : 'unready' };
}

async function isReady(config: PlatformConfig, name: ProcessName): Promise<boolean> {
  switch (name) {
    case 'postgres':
      return await answers(config, platformPaths(config));
    case 'registry':
      return await registryAnswers(config);
    case 'pocket-cloud': {
      const secrets = await readSecrets(config);
      return secrets !== undefined && (await cloudAnswers(config, secrets));
    }
    case 'kaas-api':
    case 'kaas-controller':
      // Running is all that can be seen of them from here: `kaas me` and its clusters show the rest.
      return true;
  }
}
