import { once } from 'node:events';
import { chmod, mkdtemp, rm } from 'node:fs/promises';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { connectCloud } from '@matryoshka/openstack';
import { daemonStatus, isRunning, waitFor } from '@matryoshka/system';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { archiveStep } from './archive/step.ts';
import { adminCloud, hostNetworkStep, pocketCloudStep } from './cloud/pocket-cloud.ts';
import { type PlatformPorts, platformConfig, platformPaths } from './config.ts';
import type { PlatformContext } from './context.ts';
import { databaseStep } from './database/step.ts';
import { doctor } from './doctor/doctor.ts';
import { down } from './down.ts';
import { defineGraph } from './flow/graph.ts';
import { runGraph } from './flow/run.ts';
import { postgresStep } from './postgres/step.ts';
import { registryStep } from './registry/step.ts';
import { ensureSecrets } from './secrets/secrets.ts';
import { writeState } from './state/state.ts';
import { status } from './status.ts';

const portNames = [
  'keystone',
  'nova',
  'neutron',
  'glance',
  'octavia',
  'cinder',
  'placement',
  'registry',
  'postgres',
  'api',
  'issuer',
] as const;
let dataDir: string;
let context: PlatformContext;

async function freePorts(): Promise<PlatformPorts> {
  const servers = portNames.map(() => createServer());
  await Promise.all(
    servers.map(async (server) => await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))),
  );
  const numbers = servers.map((server) => {
    const address = server.address();
    return typeof address === 'object' && address !== null ? address.port : 0;
  });
  await Promise.all(servers.map(async (server) => await new Promise((resolve) => server.close(resolve))));
  return Object.fromEntries(portNames.map((name, index) => [name, numbers[index]])) as unknown as PlatformPorts;
}

/** The steps of `up` that need no hour of builds. */
async function bringUp(): Promise<void> {
  const graph = defineGraph([
    hostNetworkStep([]),
    postgresStep(['host-network']),
    archiveStep(['postgres']),
    databaseStep(['postgres']),
    registryStep(['host-network']),
    pocketCloudStep(['host-network']),
  ]);
  await runGraph(graph, context);
}

const states = async (): Promise<Readonly<Record<string, string>>> =>
  Object.fromEntries((await status({ dataDir })).processes.map((process) => [process.name, process.state]));

beforeAll(async () => {
  dataDir = await mkdtemp(join(tmpdir(), 'mat-life-'));
  await chmod(dataDir, 0o755);
  const config = platformConfig({
    dataDir,
    network: { cidr: '172.31.240.0/24', prefix: 'lif' },
    ports: await freePorts(),
  });
  context = { config, paths: platformPaths(config), secrets: await ensureSecrets(config) };
  await writeState(config);
});

afterAll(async () => {
  await down({ platform: { dataDir }, purge: true });
  await rm(dataDir, { recursive: true, force: true });
});

describe('the platform on one machine', () => {
  it('says what runs, what is broken, and comes back after every process was killed', async () => {
    await bringUp();
    expect(await states()).toMatchObject({ postgres: 'ready', registry: 'ready', 'pocket-cloud': 'ready' });

    const project = await adminCloud(context.config, context.secrets).keystone.projects.create({
      name: 'kept',
      domain_id: 'default',
    });
    for (const name of ['postgres', 'registry', 'pocket-cloud'] as const) {
      const identity = await daemonStatus(context.paths.pidFile(name));
      if (identity === undefined) throw new Error(`${name} does not run`);
      process.kill(identity.pid, 'SIGKILL');
      await waitFor(async () => !(await isRunning(identity)), { timeoutMs: 5000 });
    }
    expect(await states()).toMatchObject({ postgres: 'stopped', registry: 'stopped', 'pocket-cloud': 'stopped' });
    const found = await doctor({ dataDir });
    for (const subject of ['postgres', 'registry', 'pocket-cloud'])
      expect(found).toContainEqual(
        expect.objectContaining({ area: 'process', subject, message: `${subject} does not run` }),
      );

    await bringUp();
    expect(await states()).toMatchObject({ postgres: 'ready', registry: 'ready', 'pocket-cloud': 'ready' });
    expect((await adminCloud(context.config, context.secrets).keystone.projects.get(project.id)).name).toBe('kept');
  });

  it('names the port that somebody else holds', async () => {
    await bringUp();
    await down({ platform: { dataDir } });
    const blocker = createServer((socket) => socket.destroy());
    blocker.listen(context.config.ports.keystone, context.config.network.address);
    await once(blocker, 'listening');
    try {
      expect(await doctor({ dataDir })).toContainEqual(
        expect.objectContaining({
          area: 'port',
          subject: 'pocket-cloud',
          message: `Port ${context.config.ports.keystone} of pocket-cloud is taken by another process`,
        }),
      );
    } finally {
      await new Promise((resolve) => blocker.close(resolve));
    }
  });

  it('lets the OpenStack client do what the controllers need of Keystone and Glance', async () => {
    await bringUp();
    const { keystone, glance } = adminCloud(context.config, context.secrets);
    const project = await keystone.projects.create({ name: 'customer', domain_id: 'default' });
    const user = await keystone.users.create({ name: 'service', domain_id: 'default', password: 'secret-password' });
    const [member] = await keystone.roles.list({ name: 'member' });
    if (member === undefined) throw new Error('no role member');
    await keystone.grantProjectRole(project.id, user.id, member.id);
    await keystone.grantProjectRole(project.id, user.id, member.id);

    const authUrl = `http://${context.config.network.address}:${context.config.ports.keystone}/v3`;
    const asUser = connectCloud({
      authUrl,
      credentials: {
        method: 'password',
        user: { id: user.id },
        password: 'secret-password',
        scope: { project: { id: project.id } },
      },
    });
    const credential = await asUser.keystone
      .applicationCredentials(user.id)
      .create({ name: 'cluster', secret: 'given-by-us' });
    const asCredential = connectCloud({
      authUrl,
      credentials: { method: 'application_credential', id: credential.id, secret: 'given-by-us' },
    });
    expect((await asCredential.session.token()).info).toMatchObject({
      project: { id: project.id },
      user: { id: user.id },
    });
    await expect(
      asCredential.keystone.projects.create({ name: 'not-allowed', domain_id: 'default' }),
    ).rejects.toMatchObject({ status: 403 });

    const image = await glance.images.create({
      name: 'data',
      disk_format: 'raw',
      container_format: 'bare',
      visibility: 'public',
      kubernetes_version: 'v1.36.3',
    });
    expect(image.status).toBe('queued');
    await glance.uploadFile(image.id, new URL(import.meta.url).pathname);
    expect(await glance.images.get(image.id)).toMatchObject({ status: 'active', kubernetes_version: 'v1.36.3' });
    await glance.images.delete(image.id);
    await glance.images.delete(image.id);
    expect(await glance.images.find(image.id)).toBeUndefined();
  });
});
