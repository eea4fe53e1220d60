import { type Cloud, connectCloud } from '@matryoshka/openstack';
import { ensureHostNetwork, type PocketCloudConfig, pocketCloudConfig } from '@matryoshka/pocket-cloud';
import { daemonStatus, readFileIfExists, stopDaemon, writeFileAtomic } from '@matryoshka/system';
import type { PlatformConfig, PlatformPaths } from '../config.ts';
import type { PlatformStep } from '../context.ts';
import { ensureDaemon } from '../processes/ensure-daemon.ts';
import { program, sourceHash } from '../repository.ts';
import type { Secrets } from '../secrets/secrets.ts';

/** Pocket cloud's configuration, from ours. */
export function cloudConfig(config: PlatformConfig, secrets: Secrets): PocketCloudConfig {
  const { keystone, nova, neutron, glance, octavia, cinder, placement } = config.ports;
  return pocketCloudConfig({
    dataDir: config.dataDir,
    address: config.network.address,
    cidr: config.network.cidr,
    prefix: config.network.prefix,
    ports: { keystone, nova, neutron, glance, octavia, cinder, placement },
    adminPassword: secrets.openstackAdminPassword,
    faults: config.faultInjection,
  });
}

/** A login as the cloud's administrator; undici keeps its connections to itself. */
export function adminCloud(config: PlatformConfig, secrets: Secrets, project = 'admin'): Cloud {
  return connectCloud({
    authUrl: `http://${config.network.address}:${config.ports.keystone}/v3`,
    region: 'RegionOne',
    credentials: {
      method: 'password',
      user: { name: 'admin', domain: { name: 'Default' } },
      password: secrets.openstackAdminPassword,
      scope: { project: { name: project, domain: { name: 'Default' } } },
    },
  });
}

/** The host's side of the provider network: what PostgreSQL, the registry and the cloud listen on. */
export function hostNetworkStep(after: readonly string[]): PlatformStep {
  return {
    id: 'host-network',
    title: 'host network',
    after,
    // Level triggered: it looks for itself and changes only what differs.
    check: async () => false,
    apply: async ({ config, secrets }) => await ensureHostNetwork(cloudConfig(config, secrets)),
  };
}

/** The cloud's process. Machines and networks outlive it, so a new configuration just restarts it. */
export function pocketCloudStep(after: readonly string[]): PlatformStep {
  const wanted = (config: PlatformConfig, secrets: Secrets): string =>
    `${JSON.stringify(cloudConfig(config, secrets), null, 2)}\n`;
  const settings = async (): Promise<string> =>
    `${JSON.stringify({ sources: await sourceHash(), node: process.version }, null, 2)}\n`;
  return {
    id: 'pocket-cloud',
    title: 'pocket cloud',
    after,
    check: async ({ config, paths, secrets }) =>
      (await daemonStatus(paths.pidFile('pocket-cloud'))) !== undefined &&
      (await readFileIfExists(paths.pocketCloudConfig)) === wanted(config, secrets) &&
      (await readFileIfExists(paths.settingsFile('pocket-cloud'))) === (await settings()) &&
      (await cloudAnswers(config, secrets)),
    apply: async ({ config, paths, secrets }, run) => {
      const text = wanted(config, secrets);
      const settingsNow = await settings();
      if (
        (await readFileIfExists(paths.pocketCloudConfig)) !== text ||
        (await readFileIfExists(paths.settingsFile('pocket-cloud'))) !== settingsNow
      ) {
        await stopPocketCloud(paths);
        await writeFileAtomic(paths.pocketCloudConfig, text, 0o600);
        await writeFileAtomic(paths.settingsFile('pocket-cloud'), settingsNow, 0o600);
      }
      await writeFileAtomic(paths.openstackAdminFile, openstackAdminFile(config, secrets), 0o600);
      await ensureDaemon({
        spec: {
          name: 'pocket-cloud',
          argv: [...program('pocket-cloud'), '--config', paths.pocketCloudConfig],
          pidFile: paths.pidFile('pocket-cloud'),
          logFile: paths.logFile('pocket-cloud'),
        },
        ready: async () => await cloudAnswers(config, secrets),
        run,
        timeoutMs: 60_000,
      });
    },
  };
}

/** What kaas-controller logs in with (KAAS_OPENSTACK_ADMIN_FILE). */
function openstackAdminFile(config: PlatformConfig, secrets: Secrets): string {
  return `${JSON.stringify(
    {
      authUrl: `http://${config.network.address}:${config.ports.keystone}/v3`,
      username: 'admin',
      password: secrets.openstackAdminPassword,
      project: 'admin',
      domain: 'Default',
      region: 'RegionOne',
    },
    null,
    2,
  )}\n`;
}

/** Whether the administrator can log in. */
export async function cloudAnswers(config: PlatformConfig, secrets: Secrets): Promise<boolean> {
  try {
    await adminCloud(config, secrets).session.token(AbortSignal.timeout(5000));
    return true;
  } catch {
    return false;
  }
}

/** Ends the cloud's process; machines keep running. */
export async function stopPocketCloud(paths: PlatformPaths): Promise<void> {
  await stopDaemon(paths.pidFile('pocket-cloud'), { graceMs: 30_000 });
}
