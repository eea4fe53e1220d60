import type { KubeClient } from '@matryoshka/kube';
import { errorMessage } from '@matryoshka/system';
import { adminCloud } from '../cloud/pocket-cloud.ts';
import { type PlatformConfig, platformPaths } from '../config.ts';
import { managementClient } from '../management/access.ts';
import { podTroubles, unavailableDeployments } from '../management/apply.ts';
import { usableNodes } from '../management/nodes.ts';
import { findServer } from '../management/servers.ts';
import { isManagementServer, managementProject, nodeName, platformNamespaces } from '../management/settings.ts';
import { readSecrets } from '../secrets/secrets.ts';
import type { Finding } from './finding.ts';

const timeoutMs = 10_000;

/** The servers of the management cluster that do not run, as the cloud sees them. */
export async function servers(config: PlatformConfig): Promise<readonly Finding[]> {
  const secrets = await readSecrets(config);
  if (secrets === undefined) return [];
  const cloud = adminCloud(config, secrets, managementProject);
  const signal = AbortSignal.timeout(timeoutMs);
  const findings: Finding[] = [];
  try {
    const projectId = (await cloud.session.token(signal)).info.project?.id ?? '';
    for (let index = 0; index < config.managementNodes; index += 1) {
      const server = await findServer(cloud, projectId, index, signal);
      if (server?.status === 'ACTIVE') continue;
      findings.push({
        area: 'server',
        subject: nodeName(index),
        message:
          server === undefined
            ? `The management server ${nodeName(index)} does not exist`
            : `The management server ${nodeName(index)} is ${server.status}${server.fault === undefined ? '' : `: ${server.fault.message}`}`,
        remedy: 'Run: kaas up, which makes or starts it.',
      });
    }
  } catch (error) {
    findings.push(silent('pocket cloud', error, 'kaas up'));
  }
  return findings;
}

/** Nodes and components of the management cluster that are not as they should be. */
export async function cluster(config: PlatformConfig): Promise<readonly Finding[]> {
  const client = await managementClient(platformPaths(config));
  if (client === undefined)
    return [
      {
        area: 'node',
        subject: 'management cluster',
        message: 'There is no management cluster yet',
        remedy: 'Run: kaas up',
      },
    ];
  try {
    return await lookInside(client, config);
  } catch (error) {
    return [silent('management API', error, 'kaas up')];
  } finally {
    await client.close();
  }
}

async function lookInside(client: KubeClient, config: PlatformConfig): Promise<readonly Finding[]> {
  const signal = AbortSignal.timeout(timeoutMs);
  const usable = await usableNodes(client, signal);
  const nodes = Array.from({ length: config.managementNodes }, (_, index) => index)
    .filter((index) => !usable.some((name) => isManagementServer(name, index)))
    .map(nodeName)
    .map(
      (name): Finding => ({
        area: 'node',
        subject: name,
        message: `The node ${name} is not Ready`,
        remedy: `See why: kubectl --kubeconfig ${platformPaths(config).managementKubeconfig} get nodes`,
      }),
    );
  const troubles = await podTroubles(client, platformNamespaces, signal);
  const components = (await unavailableDeployments(client, platformNamespaces, signal)).map(
    (name): Finding => ({
      area: 'component',
      subject: name,
      message: `${name} is not available${troubles
        .filter((text) => text.startsWith(name))
        .map((text) => ` (${text})`)
        .join('')}`,
      remedy: `Run: kaas up; its log: kubectl --kubeconfig ${platformPaths(config).managementKubeconfig} -n ${name.replace('/', ' logs deployment/')}`,
    }),
  );
  return [...nodes, ...components];
}

function silent(subject: string, error: unknown, command: string): Finding {
  return {
    area: 'component',
    subject,
    message: `${subject} does not answer: ${errorMessage(error)}`,
    remedy: `Run: ${command}`,
  };
}
