import { cloudControllerManagerManifests, flannelManifests } from '@matryoshka/addons';
import { imageRef } from '@matryoshka/components';
import type { Cloud } from '@matryoshka/openstack';
import { sleep, TypedError } from '@matryoshka/system';
import { adminCloud } from '../cloud/pocket-cloud.ts';
import type { PlatformContext, PlatformStep } from '../context.ts';
import type { StepRun } from '../flow/graph.ts';
import { withManagement } from './access.ts';
import { applyAll, podTroubles, unavailableDeployments } from './apply.ts';
import { forgetNodes, forgetPods, includeInLoadBalancers, lostNodes, usableNodes } from './nodes.ts';
import { ensureManagementCredential } from './project.ts';
import { findServer, listServers } from './servers.ts';
import { externalNetworkName, managementNetwork, managementProject, nodeAddress, nodeName } from './settings.ts';

const apiTimeoutMs = 5 * 60_000;
const nodesTimeoutMs = 5 * 60_000;
/** Names the load balancers of the management cluster, which are the customers' API endpoints. */
const clusterName = 'matryoshka-management';

/** Kubernetes itself on the management servers: API, pod network, cloud controller manager, every node usable, cluster DNS. */
export function managementClusterStep(after: readonly string[]): PlatformStep {
  return {
    id: 'management-cluster',
    title: 'management cluster',
    after,
    check: async () => false,
    apply: async (context, run) => {
      await waitForApi(context, run);
      await withManagement(context.paths, async (client) => {
        await applyAll(client, await baseManifests(context, run.signal), run);
        const end = performance.now() + nodesTimeoutMs;
        for (;;) {
          const wanted = context.config.managementNodes;
          const servers = await serverNames(context, run.signal);
          const lost = await lostNodes(client, servers, run.signal);
          // The cloud controller manager, without which no node is usable, may have been on one of them.
          if (lost.length > 0) await forgetPods(client, lost, run.signal, 'kube-system');
          await includeInLoadBalancers(client, run.signal);
          const usable = (await usableNodes(client, run.signal)).filter((name) => servers.includes(name));
          const waiting = await unavailableDeployments(client, ['kube-system'], run.signal);
          if (usable.length >= wanted && waiting.length === 0) {
            if (lost.length === 0) return;
            // Not before there are nodes to spread replicas over: nobody would move them afterwards.
            run.report(`${lost.join(', ')} had no server any more`);
            await forgetPods(client, lost, run.signal);
            await forgetNodes(client, lost, run.signal);
            continue;
          }
          const left = usable.length < wanted ? `nodes: ${usable.length} of ${wanted}` : waiting.join(', ');
          run.report(`waiting for ${left}`);
          if (performance.now() > end) {
            const troubles = await podTroubles(client, ['kube-system', 'kube-flannel'], run.signal);
            throw new TypedError(
              `The management cluster is not complete after ${nodesTimeoutMs / 60_000} minutes (${left})${troubles.map((text) => `\n${text}`).join('')}`,
              {
                code: 'management_not_ready',
                next: 'Run the same command again; if it stays so, run: kaas doctor. A server whose node does not come may be deleted: the next run makes another.',
              },
            );
          }
          await sleep(500, run.signal);
        }
      });
    },
  };
}

async function waitForApi({ config, paths, secrets }: PlatformContext, { signal, report }: StepRun): Promise<void> {
  const end = performance.now() + apiTimeoutMs;
  report('waiting for the API server');
  await withManagement(paths, async (client) => {
    while (!(await client.ready({ signal, timeoutMs: 3_000 }))) {
      signal.throwIfAborted();
      if (performance.now() > end) {
        const cloud = adminCloud(config, secrets, managementProject);
        throw new TypedError(
          `The API server of the management cluster does not answer after ${apiTimeoutMs / 60_000} minutes. The console of ${nodeName(0)} ends with:\n${await consoleEnd(cloud, signal)}`,
          { code: 'management_api_silent', next: 'Run the same command again; if it stays so, run: kaas doctor' },
        );
      }
      await sleep(300, signal);
    }
  });
}

async function serverNames({ config, secrets }: PlatformContext, signal: AbortSignal): Promise<readonly string[]> {
  const cloud = adminCloud(config, secrets, managementProject);
  const { info } = await cloud.session.token(signal);
  return (await listServers(cloud, info.project?.id ?? '', signal)).map(({ name }) => name);
}

async function consoleEnd(cloud: Cloud, signal: AbortSignal): Promise<string> {
  try {
    const { info } = await cloud.session.token(signal);
    const server = await findServer(cloud, info.project?.id ?? '', 0, signal);
    return server === undefined ? '(no such server)' : await cloud.nova.consoleLog(server.id, { lines: 15, signal });
  } catch {
    return '(it cannot be read)';
  }
}

async function baseManifests({ config, secrets }: PlatformContext, signal: AbortSignal) {
  const cloud = adminCloud(config, secrets, managementProject);
  const credential = await ensureManagementCredential(cloud, secrets.managementCredential, signal);
  const external = (await cloud.neutron.networks.list({ name: externalNetworkName }, signal))[0];
  const subnet = (await cloud.neutron.subnets.list({ name: managementNetwork.name }, signal))[0];
  const cloudConfig = [
    '[Global]',
    `auth-url=http://${config.network.address}:${config.ports.keystone}/v3`,
    'region=RegionOne',
    `application-credential-id=${credential.id}`,
    `application-credential-secret=${credential.secret}`,
    '[LoadBalancer]',
    'enabled=true',
    `floating-network-id=${external?.id ?? ''}`,
    `subnet-id=${subnet?.id ?? ''}`,
    '',
  ].join('\n');
  return [
    ...flannelManifests({
      podCidr: managementNetwork.podCidr,
      image: imageRef('flannel'),
      endpoint: `https://${nodeAddress(0)}:${managementNetwork.apiPort}`,
    }),
    ...cloudControllerManagerManifests({
      image: imageRef('openstack-cloud-controller-manager'),
      clusterName,
      cloudConfig,
    }),
  ];
}
