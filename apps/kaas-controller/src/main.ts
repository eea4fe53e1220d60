import { hostname } from 'node:os';
import {
  type Answerers,
  type ClusterContext,
  controllerDefaults,
  createPostgresCatalogue,
  createPostgresClusterStore,
  createPostgresInventory,
  createPostgresTokens,
  createTenantClients,
  createVolumeTypes,
  gatherUpgradeFacts,
  joinFleet,
  lookIntoTenants,
  parseImages,
  readLogs,
  readSince,
  runCatalogueSync,
  runClusterController,
  runInventory,
  runLogExports,
  runObservation,
  runQuestions,
  runRewrap,
  runTokenWatch,
  runWhileLeading,
  settingsDefaults,
} from '@matryoshka/controllers';
import { planCluster } from '@matryoshka/domain';
import { createKubeClient, type KubeObject, loadKubeconfig } from '@matryoshka/kube';
import { type Cloud, type Credentials, connectCloud } from '@matryoshka/openstack';
import {
  closeTenantDatabases,
  createPool,
  createSecretBox,
  keyFile,
  listen,
  measureDataStore,
} from '@matryoshka/postgres';
import { addressCheck, createLogger, errorMessage, keepCompiled, TypedError } from '@matryoshka/system';
import { keepBackups } from './backups.ts';
import { externalNetwork } from './external-network.ts';
import { startMetrics } from './metrics.ts';
import { type AdminFile, adminCredentials, listOf, readConfigured, required, storeQuota } from './settings.ts';

const log = createLogger('kaas-controller');

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
    endpointRanges: listOf('KAAS_ENDPOINT_RANGES'),
    dnsNameservers: listOf('KAAS_DNS_NAMESERVERS'),
  };
  const management = createKubeClient(await loadKubeconfig(required('KAAS_MANAGEMENT_KUBECONFIG')));
  const pool = createPool(databaseUrl, { notify, name: 'kaas-controller' });
  const managementCluster = process.env.KAAS_MANAGEMENT_CLUSTER || 'default';
  const secretBox = createSecretBox(await keyFile(required('KAAS_SECRET_KEY_FILE')));
  const { metrics, server: metricsServer } = await startMetrics(pool, managementCluster, log);
  const context: ClusterContext = {
    plan: planCluster,
    management,
    cloud,
    connect,
    store: metrics.counted(createPostgresClusterStore(pool, secretBox, managementCluster)),
    tenants: createTenantClients(),
    settings,
    log,
    now: () => new Date(),
    externalNetworkId: externalNetwork(cloud, settings.externalNetwork),
    volumeTypes: createVolumeTypes(cloud),
  };
  const answerers: Answerers = {
    log: async (clusterId, asked, stop) => await readLogs(management, clusterId, asked, stop),
    upgrade: async (clusterId, _, stop) => await gatherUpgradeFacts(context, clusterId, stop),
  };
  keepCompiled();
  const holder = `${hostname()}/${process.pid}`;
  const catalogue = createPostgresCatalogue(pool, process.env.KAAS_DEFAULT_KUBERNETES_VERSION);
  const { workerImagePrefix } = settings;
  const leadership = { databaseUrl, holder, retryMs: 1_000, metrics, log, signal };
  // `clusters` is the name from before there were several.
  const name = managementCluster === 'default' ? 'clusters' : `clusters/${managementCluster}`;
  await joinFleet(pool, { name: managementCluster, region: admin.region, log, signal });
  await Promise.all([
    runWhileLeading({ ...leadership, name }, async (leading) => {
      await Promise.all([
        runClusterController(
          context,
          {
            ...controllerDefaults,
            ...{ notify, metrics },
            listen: async (onCluster, stop) => await listen(databaseUrl, 'kaas_clusters', onCluster, stop),
          },
          leading,
        ),
        keepBackups(management, { pool, managementCluster, log, signal: leading }),
        runQuestions({ pool, managementCluster, answerers }, { intervalMs: 500, log, signal: leading }),
        runLogExports(pool, secretBox, {
          ...{ managementCluster, read: readSince(management), intervalMs: 5_000, log, signal: leading },
          isAllowed: addressCheck(listOf('KAAS_WEBHOOK_RANGES')),
        }),
        runObservation(
          { management, pool, name: managementCluster },
          {
            ...{ measure: measureDataStore, close: closeTenantDatabases, intervalMs: 30_000, log, signal: leading },
            measureTenants: lookIntoTenants(pool, managementCluster, storeQuota()),
          },
        ),
      ]);
    }),
    // What is the same for all management clusters is done by one of the controllers.
    runWhileLeading({ ...leadership, name: 'fleet' }, async (leading) => {
      await Promise.all([
        runCatalogueSync(cloud, catalogue, { workerImagePrefix, intervalMs: 15_000, log, signal: leading }),
        runInventory(cloud, createPostgresInventory(pool), { intervalMs: 15_000, log, signal: leading }),
        runRewrap(pool, secretBox, { intervalMs: 60_000, log, signal: leading }),
        runTokenWatch(cloud, createPostgresTokens(pool), { intervalMs: 60_000, log, signal: leading }),
      ]);
    }),
  ]);
  await Promise.all([context.tenants.close(), management.close(), pool.end(), metricsServer?.close()]);
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
