import { newIdentity } from '@matryoshka/backup-store';
import { imageList, imageRef, snapshotDefinitions } from '@matryoshka/components';
import {
  daemonStatus,
  readFileIfExists,
  shortHash,
  stopDaemon,
  TypedError,
  waitFor,
  writeFileAtomic,
} from '@matryoshka/system';
import { request } from 'undici';
import type { PlatformConfig, PlatformPaths } from '../config.ts';
import type { PlatformContext, PlatformStep } from '../context.ts';
import { managementNetwork } from '../management/settings.ts';
import { socketUrl, withSuperuser } from '../postgres/cluster.ts';
import { ensureDaemon } from '../processes/ensure-daemon.ts';
import { program, sourceHash } from '../repository.ts';
import { issuerFiles, issuerUrl } from './issuer-step.ts';

type App = 'kaas-api' | 'kaas-controller';

/** kaas-api on the loopback address, and its issuer on the provider network. A new configuration or a new version of the program restarts it; clients resume. */
export function apiStep(after: readonly string[]): PlatformStep {
  return appStep('kaas-api', 'kaas-api', after, apiEnvironment, async ({ config }) => await apiIsReady(config));
}

export function controllerStep(after: readonly string[]): PlatformStep {
  return appStep('kaas-controller', 'kaas-controller', after, controllerEnvironment, catalogueIsFilled);
}

function appStep(
  app: App,
  title: string,
  after: readonly string[],
  environmentOf: (context: PlatformContext) => Promise<Readonly<Record<string, string>>>,
  ready: (context: PlatformContext) => Promise<boolean>,
): PlatformStep {
  const wanted = async (context: PlatformContext): Promise<string> => {
    const [environment, sources] = [await environmentOf(context), await sourceHash()];
    return `${JSON.stringify({ environment, oidc: shortHash((await readFileIfExists(context.paths.oidcFile)) ?? null), sources, node: process.version }, null, 2)}\n`;
  };
  return {
    id: app,
    title,
    after,
    check: async (context) =>
      (await daemonStatus(context.paths.pidFile(app))) !== undefined &&
      (await readFileIfExists(context.paths.settingsFile(app))) === (await wanted(context)) &&
      (await ready(context)),
    apply: async (context, run) => {
      const { paths } = context;
      const settings = await wanted(context);
      if ((await readFileIfExists(paths.settingsFile(app))) !== settings) {
        await stopDaemon(paths.pidFile(app));
        await writeFileAtomic(paths.settingsFile(app), settings, 0o600);
      }
      if (app === 'kaas-controller') {
        await writeFileAtomic(paths.imagesFile, imagesFile(context.config));
        await writeFileAtomic(paths.snapshotDefinitionsFile, JSON.stringify(await snapshotDefinitions()));
        await ensureBackupIdentity(paths);
      }
      await ensureDaemon({
        spec: {
          name: app,
          argv: program(app),
          pidFile: paths.pidFile(app),
          logFile: paths.logFile(app),
          env: await environmentOf(context),
        },
        ready: async () => await ready(context),
        run,
        timeoutMs: 60_000,
      });
    },
  };
}

/** Made once: with another one, older backups could not be opened. */
async function ensureBackupIdentity({ backupIdentityFile }: PlatformPaths): Promise<void> {
  if ((await readFileIfExists(backupIdentityFile)) !== undefined) return;
  await writeFileAtomic(backupIdentityFile, `${await newIdentity()}\n`, 0o600);
}

async function apiEnvironment({ config, paths, secrets }: PlatformContext): Promise<Readonly<Record<string, string>>> {
  const hasIssuers = (await readFileIfExists(paths.oidcFile)) !== undefined;
  return {
    KAAS_DATABASE_URL: socketUrl(config, paths, 'kaas_api', secrets.postgres.kaasApi, 'kaas'),
    KAAS_SECRET_KEY_FILE: paths.secretKeyFile,
    KAAS_KEYSTONE_URL: `http://${config.network.address}:${config.ports.keystone}/v3`,
    KAAS_LISTEN: `127.0.0.1:${config.ports.api}`,
    KAAS_METRICS_LISTEN: `127.0.0.1:${config.ports.apiMetrics}`,
    KAAS_ISSUER_URL: issuerUrl(config),
    KAAS_ISSUER_LISTEN: `${config.network.address}:${config.ports.issuer}`,
    KAAS_ISSUER_CERTIFICATE_FILE: issuerFiles(paths).certificate,
    KAAS_ISSUER_KEY_FILE: issuerFiles(paths).key,
    ...(hasIssuers ? { KAAS_OIDC_FILE: paths.oidcFile } : {}),
    KAAS_RESERVED_CIDRS: `${config.network.cidr},169.254.0.0/16`,
  };
}

async function controllerEnvironment({
  config,
  paths,
  secrets,
}: PlatformContext): Promise<Readonly<Record<string, string>>> {
  return {
    KAAS_DATABASE_URL: socketUrl(config, paths, 'kaas_controller', secrets.postgres.kaasController, 'kaas'),
    KAAS_SECRET_KEY_FILE: paths.secretKeyFile,
    KAAS_OPENSTACK_ADMIN_FILE: paths.openstackAdminFile,
    KAAS_BACKUP_DIRECTORY: paths.backups,
    KAAS_BACKUP_IDENTITY_FILE: paths.backupIdentityFile,
    KAAS_ARCHIVE_CONFIG_FILE: paths.archive.configFile,
    KAAS_ARCHIVE_BASE_BACKUPS: 'on',
    KAAS_RECOVERY_DIRECTORY: paths.archive.recovery,
    KAAS_ISSUER_URL: issuerUrl(config),
    KAAS_ISSUER_CA_FILE: issuerFiles(paths).authority,
    KAAS_METRICS_LISTEN: `127.0.0.1:${config.ports.controllerMetrics}`,
    KAAS_IMAGES_FILE: paths.imagesFile,
    KAAS_SNAPSHOT_DEFINITIONS_FILE: paths.snapshotDefinitionsFile,
    KAAS_MANAGEMENT_KUBECONFIG: paths.managementKubeconfig,
    // The program itself, and the pods of the management cluster.
    KAAS_ENDPOINT_RANGES: [`${config.network.address}/32`, managementNetwork.nodeCidr, managementNetwork.podCidr].join(
      ',',
    ),
    KAAS_DEFAULT_KUBERNETES_VERSION: config.kubernetesVersion,
  };
}

/** References of all images by name, of which kaas-controller takes those that its own manifests name (KAAS_IMAGES_FILE). */
function imagesFile(config: PlatformConfig): string {
  const names = imageList(config.kubernetesVersion).map(({ name }) => name);
  const images = Object.fromEntries(names.map((name) => [name, imageRef(name, config.kubernetesVersion)]));
  return `${JSON.stringify(images, null, 2)}\n`;
}

/** Waits until customers can choose the version that was just put into Glance: kaas-controller looks there every quarter of a minute. */
export function offeredStep(after: readonly string[]): PlatformStep {
  return {
    id: 'offered',
    title: 'offered to customers',
    after,
    check: catalogueIsFilled,
    apply: async (context, { signal, report }) => {
      report('waiting for kaas-controller');
      const asked = async (): Promise<boolean> => {
        signal.throwIfAborted();
        return await catalogueIsFilled(context);
      };
      if (await waitFor(asked, { timeoutMs: 60_000, intervalMs: 500 })) return;
      throw new TypedError(
        `kaas-controller did not find the image of ${context.config.kubernetesVersion} within a minute`,
        {
          code: 'version_not_offered',
          actor: 'provider',
          next: 'See whether it runs: kaas status, kaas doctor. When it does, the version appears by itself.',
        },
      );
    },
  };
}

/** The first thing the controller does is to copy versions and flavors from the cloud: from then on clusters can be made. */
async function catalogueIsFilled({ config, paths }: PlatformContext): Promise<boolean> {
  try {
    return await withSuperuser(
      config,
      paths,
      async (client) => {
        const offered = await client.query('select from kubernetes_versions where version = $1', [
          config.kubernetesVersion,
        ]);
        return offered.rowCount === 1 && (await client.query('select from flavors limit 1')).rowCount === 1;
      },
      'kaas',
    );
  } catch {
    return false;
  }
}

/** Whether kaas-api serves requests: it answers and reaches its database. */
export async function apiIsReady(config: Pick<PlatformConfig, 'ports'>): Promise<boolean> {
  try {
    const response = await request(`http://127.0.0.1:${config.ports.api}/readyz`, { headersTimeout: 3_000 });
    await response.body.dump();
    return response.statusCode === 200;
  } catch {
    return false;
  }
}

/** Ends both; customers' clusters run on. */
export async function stopApps(paths: PlatformPaths): Promise<void> {
  for (const app of ['kaas-api', 'kaas-controller'] as const) await stopDaemon(paths.pidFile(app));
}
