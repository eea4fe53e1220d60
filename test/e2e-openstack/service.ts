import { randomBytes } from 'node:crypto';
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { issuerFiles, type PlatformConfig, platformPaths } from '@matryoshka/installer';
import { migrate, prepareDatabase } from '@matryoshka/postgres';
import { nodeProgram, startDaemon, stopDaemon, waitFor } from '@matryoshka/system';
import { startTestPostgres } from '@matryoshka/testkit';
import { lab } from './lab.ts';

const root = new URL('../..', import.meta.url).pathname;

export interface Service {
  readonly url: string;
  stop(): Promise<void>;
}

/**
 * kaas-api and kaas-controller for the lab, as a provider would run them: by their environment. They share the management cluster of an
 * installation and nothing else. Logs are in `folder`.
 */
export async function startService(config: PlatformConfig, folder: string, port: number): Promise<Service> {
  await mkdir(folder, { recursive: true });
  const paths = platformPaths(config);
  const database = await startTestPostgres();
  const password = randomBytes(12).toString('hex');
  const passwords = { owner: password, api: password, controller: password };
  await prepareDatabase({ superuserUrl: database.superuserUrl, database: 'kaas', passwords });
  await migrate(database.url('kaas', 'kaas', password));
  const file = async (name: string, content: string): Promise<string> => {
    await writeFile(join(folder, name), content, { mode: 0o600 });
    return join(folder, name);
  };
  const secretKeyFile = await file('secret-key', `${randomBytes(32).toString('hex')}\n`);
  const admin = { authUrl: lab.authUrl, region: lab.region, ...lab.admin };
  const url = `http://127.0.0.1:${port}`;
  // The certificate of the installation is for the same address; only the port is this service's own.
  const issuer = { url: `https://${config.network.address}:${port}`, files: issuerFiles(paths) };
  const daemon = (app: 'kaas-api' | 'kaas-controller', env: Readonly<Record<string, string>>) => ({
    name: app,
    argv: nodeProgram(`${root}apps/${app}/src/main.ts`),
    pidFile: join(folder, `${app}.pid`),
    logFile: join(folder, `${app}.log`),
    env: { ...env, KAAS_SECRET_KEY_FILE: secretKeyFile },
  });
  const daemons = [
    daemon('kaas-api', {
      KAAS_DATABASE_URL: database.url('kaas', 'kaas_api', password),
      KAAS_KEYSTONE_URL: lab.authUrl,
      KAAS_LISTEN: `127.0.0.1:${port}`,
      KAAS_ISSUER_URL: issuer.url,
      KAAS_ISSUER_LISTEN: `${config.network.address}:${port}`,
      KAAS_ISSUER_CERTIFICATE_FILE: issuer.files.certificate,
      KAAS_ISSUER_KEY_FILE: issuer.files.key,
      KAAS_RESERVED_CIDRS: `${lab.cidr},${config.network.cidr},169.254.0.0/16`,
    }),
    daemon('kaas-controller', {
      KAAS_DATABASE_URL: database.url('kaas', 'kaas_controller', password),
      KAAS_OPENSTACK_ADMIN_FILE: await file('admin.json', JSON.stringify(admin)),
      KAAS_ISSUER_URL: issuer.url,
      KAAS_ISSUER_CA_FILE: issuer.files.authority,
      KAAS_IMAGES_FILE: paths.imagesFile,
      KAAS_SNAPSHOT_DEFINITIONS_FILE: paths.snapshotDefinitionsFile,
      KAAS_MANAGEMENT_KUBECONFIG: paths.managementKubeconfig,
      KAAS_DEFAULT_KUBERNETES_VERSION: config.kubernetesVersion,
    }),
  ];
  const stop = async (): Promise<void> => {
    for (const { pidFile } of daemons) await stopDaemon(pidFile);
    await database.stop();
  };
  try {
    for (const { argv, ...spec } of daemons) await startDaemon({ ...spec, argv: [...argv] });
    const ready = async (): Promise<boolean> => (await fetch(`${url}/readyz`).catch(() => undefined))?.ok === true;
    if (!(await waitFor(ready, { timeoutMs: 60_000, intervalMs: 200 })))
      throw new Error(`kaas-api does not serve; see ${folder}/kaas-api.log`);
    return { url, stop };
  } catch (error) {
    await stop();
    throw error;
  }
}
