import { chooseVersion, findComponent, imageRef } from '@matryoshka/components';
import type { Cloud } from '@matryoshka/openstack';
import { TypedError, writeFileAtomic } from '@matryoshka/system';
import { adminCloud } from '../cloud/pocket-cloud.ts';
import { workerImageName } from '../cloud/worker-image.ts';
import type { PlatformContext, PlatformStep } from '../context.ts';
import type { StepRun } from '../flow/graph.ts';
import { platformAuthority } from '../postgres/cluster.ts';
import { managementClient } from './access.ts';
import { fieldManager } from './apply.ts';
import { ensureManagementCloud, type ManagementCloud } from './network.ts';
import { bootstrapTokenSecret } from './nodes.ts';
import { adminKubeconfig, ensureManagementPki, publicKeyHash } from './pki.ts';
import { ensureManagementProject } from './project.ts';
import { ensureServer, findServer } from './servers.ts';
import { managementFlavor, managementNetwork, managementProject } from './settings.ts';
import { type ManagementServerInput, managementUserData } from './user-data.ts';

/** The servers of the management cluster, in a project of their own: the first starts Kubernetes, the others join it. */
export function managementServersStep(after: readonly string[]): PlatformStep {
  return {
    id: 'management-servers',
    title: 'management servers',
    after,
    // Level triggered: everything is looked for before it is made.
    check: async () => false,
    apply: makeServers,
  };
}

async function makeServers(context: PlatformContext, run: StepRun): Promise<void> {
  const { config, paths, secrets } = context;
  const { signal, report } = run;
  report('project and network');
  const project = await ensureManagementProject(adminCloud(config, secrets), signal);
  const cloud = adminCloud(config, secrets, managementProject);
  const surroundings = await ensureManagementCloud(cloud, project.id, config.managementNodes, signal);
  const input = await serverInput(context, surroundings);
  await writeFileAtomic(
    paths.managementKubeconfig,
    await adminKubeconfig(paths.pki, input.pki, `https://${surroundings.apiAddress}:${managementNetwork.apiPort}`),
    0o600,
  );
  await keepTokenAlive(context, signal);
  const [imageId, flavorId] = [
    await findImage(cloud, config.kubernetesVersion, signal),
    await findFlavor(cloud, managementFlavor, signal),
  ];
  await Promise.all(
    surroundings.ports.map(
      async (port, index) =>
        await ensureServer(
          cloud,
          project.id,
          { index, port, imageId, flavorId, userData: (name) => managementUserData(input, index, name) },
          signal,
          report,
        ),
    ),
  );
}

async function serverInput(
  { config, paths, secrets }: PlatformContext,
  { apiAddress }: ManagementCloud,
): Promise<ManagementServerInput> {
  const pki = await ensureManagementPki(paths.pki);
  return {
    pki,
    kubeadm: {
      kubernetesVersion: config.kubernetesVersion,
      coreDnsTag: chooseVersion(findComponent('coredns')),
      bootstrapToken: secrets.bootstrapToken,
      caHash: publicKeyHash(pki.ca.certificate),
      certSans: [apiAddress],
    },
    kine: {
      image: imageRef('kine'),
      postgresHost: config.network.address,
      postgresPort: config.ports.postgres,
      role: 'management',
      database: 'management',
      password: secrets.postgres.management,
      caCertificate: (await platformAuthority(paths)).certificate,
    },
  };
}

/** Servers that are added later need a join token that still lives; while there is no cluster yet, kubeadm makes it. */
async function keepTokenAlive({ config, paths, secrets }: PlatformContext, signal: AbortSignal): Promise<void> {
  const cloud = adminCloud(config, secrets, managementProject);
  const { info } = await cloud.session.token(signal);
  const missing = [];
  for (let index = 0; index < config.managementNodes; index += 1)
    if ((await findServer(cloud, info.project?.id ?? '', index, signal)) === undefined) missing.push(index);
  if (missing.length === 0) return;
  const client = await managementClient(paths);
  try {
    if (client === undefined || !(await client.ready({ signal, timeoutMs: 3_000 }))) return;
    await client.apply(bootstrapTokenSecret(secrets.bootstrapToken, new Date()), { fieldManager, force: true, signal });
  } finally {
    await client?.close();
  }
}

async function findImage(cloud: Cloud, kubernetesVersion: string, signal: AbortSignal): Promise<string> {
  const name = workerImageName(kubernetesVersion);
  const found = (await cloud.glance.images.list({ name }, signal)).find(({ status }) => status === 'active');
  if (found !== undefined) return found.id;
  throw new TypedError(`Glance has no active image ${name}`, { code: 'image_missing', next: 'Run: kaas up' });
}

async function findFlavor(cloud: Cloud, name: string, signal: AbortSignal): Promise<string> {
  const found = (await cloud.nova.flavors.list({}, signal)).find((flavor) => flavor.name === name);
  if (found !== undefined) return found.id;
  throw new TypedError(`The cloud has no flavor ${name}`, {
    code: 'flavor_missing',
    next: `Make the flavor ${name} (4 vCPUs, 8 GiB), then run: kaas up`,
  });
}
