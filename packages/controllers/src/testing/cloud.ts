import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type Cloud, connectCloud } from '@matryoshka/openstack';
import { pocketCloudConfig, purgePocketCloud, serviceUrl, startPocketCloud } from '@matryoshka/pocket-cloud';
import { createLogger } from '@matryoshka/system';

/** A pocket cloud of its own. */
export interface TestCloud {
  readonly admin: Cloud;
  /** Somebody of the domain `default`, in a project of it. */
  login(user: string, password: string, project: string): Cloud;
  stop(): Promise<void>;
}

/** `prefix` names its bridges and namespaces, `subnet` its network 172.28.<subnet>.0/24: both must be nobody else's. */
export async function startTestCloud(prefix: string, subnet: number): Promise<TestCloud> {
  const dataDir = await mkdtemp(join(tmpdir(), `kaas-cloud-${prefix}-`));
  const network = { address: `172.28.${subnet}.1`, cidr: `172.28.${subnet}.0/24` };
  const config = pocketCloudConfig({ dataDir, prefix, ...network, adminPassword: 'secret' });
  const log = createLogger('pocket-cloud');
  log.level = 'error';
  const remove = async (): Promise<void> => {
    await purgePocketCloud(config);
    await rm(dataDir, { recursive: true, force: true });
  };
  const cloud = await startPocketCloud(config, log).catch(async (error: unknown) => {
    await remove();
    throw error;
  });
  const domain = { id: 'default' };
  const login = (name: string, password: string, project: string): Cloud =>
    connectCloud({
      authUrl: `${serviceUrl(config, 'keystone')}/v3`,
      credentials: {
        method: 'password',
        user: { name, domain },
        password,
        scope: { project: { name: project, domain } },
      },
    });
  return {
    admin: login('admin', 'secret', 'admin'),
    login,
    stop: async () => {
      await cloud.stop();
      await remove();
    },
  };
}
