import { readFile } from 'node:fs/promises';
import { hostname } from 'node:os';
import {
  type ClusterContext,
  controllerDefaults,
  createPostgresCatalogue,
  createPostgresClusterStore,
  createPostgresInventory,
  createPostgresTokens,
  createTenantClients,
  createVolumeTypes,
  parseImages,
  runCatalogueSync,
  runClusterController,
  runInventory,
  runRewrap,
  runTokenWatch,
  runWhileLeading,
  settingsDefaults,
} from '@matryoshka/controllers';
import { planCluster } from '@matryoshka/domain';
import { createKubeClient, type KubeObject, loadKubeconfig } from '@matryoshka/kube';
import { type Cloud, type Credentials, connectCloud } from '@matryoshka/openstack';
import { createPool, createSecretBox, keyFile, listen } from '@matryoshka/postgres';
import { createLogger, errorMessage, keepCompiled, TypedError } from '@matryoshka/system';

const log = createLogger('kaas-controller');

/** KAAS_OPENSTACK_ADMIN_FILE: how the provider's administrator logs in. */
interface AdminFile {
  readonly authUrl: string;
  readonly username: string;
  readonly password: string;
  readonly project: string;
  readonly domain: string;
  readonly region: string;
}

function required(name: string): string {
  const value = process.env[name];
  if (value === undefined || value === '')
    throw new TypedError(`${name} is not set`, {
      code: 'configuration',
      next: `Set the environment variable ${name}.`,
    });
  return value;
}

async function readConfigured(name: string): Promise<string> {
  const file = required(name);
  try {
    return await readFile(file, 'utf8');
  } catch (error) {
    throw new TypedError(`${name}: ${errorMessage(error)}`, { code: 'configuration', next: `Make ${file} readable.` });
  }
}

function adminCredentials(admin: AdminFile): Credentials {
  const domain = { name: admin.domain };
  return {
    method: 'password',
    user: { name: admin.username, domain },
    password: admin.password,
    scope: { project: { name: admin.project, domain } },
  };
}

/** Id of the provider network, asked once it is needed and then kept. */
function externalNetwork(cloud: Cloud, name: string): ClusterContext['externalNetworkId'] {
  let known: string | undefined;
  return async (signal) => {
    if (known !== undefined) return known;
    const networks = await cloud.neutron.networks.list({ name, 'router:external': true }, signal);
    known = networks.find((network) => network.name === name)?.id;
    if (known !== undefined) return known;
    throw new TypedError(`the cloud has no external network called ${name}`, {
      code: 'external_network_missing',
      next: 'Set KAAS_EXTERNAL_NETWORK to the name of the provider network.',
    });
  };
}

async function main(signal: AbortSignal): Promise<void> {
  const databaseUrl = required('KAAS_DATABASE_URL');
  const notify = process.env.KAAS_NOTIFY !== 'off';
  const admin = JSON.parse(await readConfigured('KAAS_OPENSTACK_ADMIN_FILE')) as AdminFile;
  const connect = (credentials: Credentials): Cloud =>
    connectCloud({ authUrl: admin.authUrl, region: admin.region, credentials, timeoutMs: 30_000 });
  const cloud = connect(adminCredentials(admin));
  const settings = {
    ...settingsDefaults,
    images: parseImages(await readConfigured('KAAS_IMAGES_FILE')),
    snapshotDefinitions: JSON.parse(await readConfigured('KAAS_SNAPSHOT_DEFINITIONS_FILE')) as readonly KubeObject[],
    openstack: { authUrl: admin.authUrl, region: admin.region },
    issuer: { url: required('KAAS_ISSUER_URL'), authority: await readConfigured('KAAS_ISSUER_CA_FILE') },
    externalNetwork: process.env.KAAS_EXTERNAL_NETWORK ?? settingsDefaults.externalNetwork,
    loadBalancerProvider: process.env.KAAS_LOAD_BALANCER_PROVIDER ?? settingsDefaults.loadBalancerProvider,
    workerImagePrefix: process.env.KAAS_WORKER_IMAGE_PREFIX ?? settingsDefaults.workerImagePrefix,
    dnsNameservers: (process.env.KAAS_DNS_NAMESERVERS ?? '').split(',').filter((address) => address !== ''),
  };
  const management = createKubeClient(await loadKubeconfig(required('KAAS_MANAGEMENT_KUBECONFIG')));
  const pool = createPool(databaseUrl, { notify, name: 'kaas-controller' });
  const secretBox = createSecretBox(await keyFile(required('KAAS_SECRET_KEY_FILE')));
  const context: ClusterContext = {
    plan: planCluster,
    management,
    cloud,
    connect,
    store: createPostgresClusterStore(pool, secretBox),
    tenants: createTenantClients(),
    settings,
    log,
    now: () => new Date(),
    externalNetworkId: externalNetwork(cloud, settings.externalNetwork),
    volumeTypes: createVolumeTypes(cloud),
  };
  keepCompiled();
  const holder = `${hostname()}/${process.pid}`;
  const catalogue = createPostgresCatalogue(pool, process.env.KAAS_DEFAULT_KUBERNETES_VERSION);
  const { workerImagePrefix } = settings;
  await runWhileLeading({ databaseUrl, name: 'clusters', holder, retryMs: 1_000, log, signal }, async (leading) => {
    await Promise.all([
      runClusterController(
        context,
        {
          ...controllerDefaults,
          notify,
          listen: async (onCluster, stop) => await listen(databaseUrl, 'kaas_clusters', onCluster, stop),
        },
        leading,
      ),
      runCatalogueSync(cloud, catalogue, { workerImagePrefix, intervalMs: 15_000, log, signal: leading }),
      runInventory(cloud, createPostgresInventory(pool), { intervalMs: 15_000, log, signal: leading }),
      runRewrap(pool, secretBox, { intervalMs: 60_000, log, signal: leading }),
      runTokenWatch(cloud, createPostgresTokens(pool), { intervalMs: 60_000, log, signal: leading }),
    ]);
  });
  await Promise.all([context.tenants.close(), management.close(), pool.end()]);
}

const stop = new AbortController();
for (const name of ['SIGTERM', 'SIGINT'] as const) process.once(name, () => stop.abort(new Error(name)));
try {
  await main(stop.signal);
} catch (error) {
  if (!stop.signal.aborted) {
    const next = error instanceof TypedError ? error.next : undefined;
    log.fatal(error instanceof TypedError ? { code: error.code, next } : { err: error }, errorMessage(error));
    process.exitCode = 1;
  }
}
