import { daemonStatus } from '@matryoshka/system';
import { cloudAnswers } from './cloud/pocket-cloud.ts';
import { type PlatformConfig, type PlatformOptions, type ProcessName, platformPaths, processNames } from './config.ts';
import { managementClient } from './management/access.ts';
import { unavailableDeployments } from './management/apply.ts';
import { usableNodes } from './management/nodes.ts';
import { platformNamespaces } from './management/settings.ts';
import { answers } from './postgres/cluster.ts';
import { registryAnswers } from './registry/step.ts';
import { readSecrets } from './secrets/secrets.ts';
import { apiIsReady } from './service/steps.ts';
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
  /** Address of kaas-api. */
  readonly api: string | undefined;
  /** `answers` false: nothing is known of its nodes and components. */
  readonly managementCluster: {
    readonly answers: boolean;
    readonly nodes: { readonly wanted: number; readonly usable: readonly string[] };
    /** Deployments that are not available. */
    readonly unavailable: readonly string[];
  };
}

const noCluster: PlatformStatus['managementCluster'] = {
  answers: false,
  nodes: { wanted: 0, usable: [] },
  unavailable: [],
};

/** What runs, found out by asking every part. Changes nothing. */
export async function status(options: PlatformOptions = {}): Promise<PlatformStatus> {
  const config = await readState(options);
  if (config === undefined)
    return {
      installed: false,
      dataDir: undefined,
      kubernetesVersion: undefined,
      processes: [],
      api: undefined,
      managementCluster: noCluster,
    };
  return {
    installed: true,
    dataDir: config.dataDir,
    kubernetesVersion: config.kubernetesVersion,
    processes: await Promise.all(processNames.map(async (name) => await processStatus(config, name))),
    api: `http://127.0.0.1:${config.ports.api}`,
    managementCluster: await clusterStatus(config),
  };
}

async function clusterStatus(config: PlatformConfig): Promise<PlatformStatus['managementCluster']> {
  const wanted = config.managementNodes;
  const client = await managementClient(platformPaths(config));
  if (client === undefined) return { ...noCluster, nodes: { wanted, usable: [] } };
  const signal = AbortSignal.timeout(5_000);
  try {
    const [usable, unavailable] = await Promise.all([
      usableNodes(client, signal),
      unavailableDeployments(client, platformNamespaces, signal),
    ]);
    return { answers: true, nodes: { wanted, usable }, unavailable };
  } catch {
    return { ...noCluster, nodes: { wanted, usable: [] } };
  } finally {
    await client.close();
  }
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
      return await apiIsReady(config);
    case 'kaas-controller':
      // Running is all that can be seen of it from here: its clusters show the rest.
      return true;
  }
}
