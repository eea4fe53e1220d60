import { mkdir, readdir, rm } from 'node:fs/promises';
import { acquireLock, errorMessage, hasErrnoCode, type Logger, removeFolder, TypedError } from '@matryoshka/system';
import { migrations as cinderTables, createCinder } from './cinder/index.ts';
import { type PocketCloudConfig, pocketCloudPaths, serviceUrl } from './config.ts';
import { createMachines, removePivotCgroups } from './engine/lxc/index.ts';
import { ensureHost, networkNames, purgeNetwork } from './engine/network/index.ts';
import { releaseVolumes } from './engine/volumes/index.ts';
import { aroundCalls, createFaults, faultErrors, faultRoutes } from './faults/index.ts';
import { createGlance, migrations as glanceTables } from './glance/index.ts';
import { createApiServer } from './http/index.ts';
import { createAuthenticate, createKeystone, migrations as keystoneTables } from './keystone/index.ts';
import { createMetadata } from './metadata/index.ts';
import { createNeutron, networkEngineConfig, migrations as neutronTables } from './neutron/index.ts';
import { createNova, migrations as novaTables } from './nova/index.ts';
import { createOctavia, migrations as octaviaTables } from './octavia/index.ts';
import { createPlacement } from './placement/index.ts';
import type { ServiceContext } from './service.ts';
import { openStore } from './store/index.ts';

export interface PocketCloud {
  /** Ends the process's part: listeners and background work. Machines and networks keep running. */
  stop(): Promise<void>;
}

/** Starts a cloud on its data directory. Throws TypedError `locked` when another process serves the same directory. */
export async function startCloud(config: PocketCloudConfig, log: Logger): Promise<PocketCloud> {
  const paths = pocketCloudPaths(config);
  await mkdir(paths.run, { recursive: true });
  const lock = await acquireLock(paths.lockFile, 'pocket cloud');
  const undo: (() => Promise<void>)[] = [async () => await lock.release()];
  const stop = async (): Promise<void> => {
    for (const step of undo.splice(0).toReversed())
      await step().catch((error: unknown) => log.warn({ error: errorMessage(error) }, 'stopping'));
  };
  try {
    await ensureHost(networkEngineConfig(config, paths));
    const store = openStore(paths.stateFile, [
      ...keystoneTables,
      ...glanceTables,
      ...novaTables,
      ...neutronTables,
      ...octaviaTables,
      ...cinderTables,
    ]);
    undo.push(async () => store.close());
    const faults = createFaults();
    const context: ServiceContext = { config, paths, store, log, authenticate: createAuthenticate(store), faults };
    const neutron = createNeutron(context);
    const cinder = createCinder(context);
    const inUse = (imageId: string): boolean =>
      store.get('select 1 from server where image_id = ?', imageId) !== undefined;
    const services = [
      createKeystone(context),
      createGlance(context, inUse),
      neutron.service,
      createOctavia(context, neutron.vips),
      cinder.service,
      createNova(context, neutron.servers, cinder.servers),
      createPlacement(),
    ];
    await rm(paths.metadataSocket, { force: true });
    const metadata = createMetadata({ store, log, networking: neutron.servers, faults });
    await metadata.listen({ socketPath: paths.metadataSocket });
    undo.push(metadata.close);
    if (config.faults) {
      await rm(paths.adminSocket, { force: true });
      const admin = createApiServer({
        name: 'faults',
        routes: faultRoutes(faults),
        errorBody: faultErrors,
        authenticate: () => undefined,
        keystoneUrl: '',
        log,
      });
      await admin.listen({ socketPath: paths.adminSocket });
      undo.push(admin.close);
    }
    for (const service of services) {
      await service.start?.();
      if (service.stop !== undefined) undo.push(service.stop);
    }
    for (const service of services) {
      const server = createApiServer({
        ...service,
        authenticate: context.authenticate,
        // Keystone names its version, its middleware in the other services does not.
        keystoneUrl: `${serviceUrl(config, 'keystone')}${service.name === 'keystone' ? '/v3' : '/'}`,
        around: aroundCalls(faults, service.name),
        log,
      });
      await server.listen({ host: config.address, port: config.ports[service.name] });
      undo.push(server.close);
    }
    log.info({ address: config.address, services: services.map((service) => service.name) }, 'pocket cloud is ready');
    return { stop };
  } catch (error) {
    await stop();
    throw error;
  }
}

/** Removes servers, networks, state and files of one cloud and gives the host its settings back. Repeatable; refuses while the process runs. */
export async function purgeCloud(config: PocketCloudConfig): Promise<void> {
  const paths = pocketCloudPaths(config);
  const lock = await acquireLock(paths.lockFile, 'purge of pocket cloud');
  const failures: string[] = [];
  const attempt = async (what: string, work: () => Promise<void>): Promise<void> => {
    await work().catch((error: unknown) => failures.push(`${what}: ${errorMessage(error)}`));
  };
  try {
    const machines = createMachines(paths.servers, networkNames(config.prefix).switchNamespace);
    for (const id of await names(paths.servers)) await attempt(`server ${id}`, async () => await machines.remove(id));
    await attempt('volumes', async () => await releaseVolumes(paths.volumes));
    await attempt('network', async () => await purgeNetwork(networkEngineConfig(config, paths)));
    await attempt('cgroups', removePivotCgroups);
  } finally {
    await lock.release();
  }
  if (failures.length > 0)
    throw new TypedError(`pocket cloud could not be removed completely: ${failures.join('; ')}`, {
      code: 'purge_incomplete',
      next: 'Remove the cause and purge again.',
    });
  await removeFolder(paths.root);
}

async function names(directory: string): Promise<readonly string[]> {
  try {
    return await readdir(directory);
  } catch (error) {
    if (hasErrnoCode(error, 'ENOENT')) return [];
    throw error;
  }
}
