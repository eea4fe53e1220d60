import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type Cloud, connectCloud } from '@matryoshka/openstack';
import { pocketCloudConfig, purgePocketCloud, serviceUrl, startPocketCloud } from '@matryoshka/pocket-cloud';
import { createLogger } from '@matryoshka/system';

/** Pocket cloud's Keystone, with a cloud of its own behind it. */
export interface TestKeystone {
  /** `…/v3` */
  readonly authUrl: string;
  readonly admin: Cloud;
  newUser(name: string, password: string): Promise<string>;
  newProject(name: string, domainId?: string): Promise<string>;
  /** Gives a role by name; made when Keystone does not know it. */
  grant(userId: string, projectId: string, role: string): Promise<void>;
  /** As the user itself, who alone may make it. */
  applicationCredential(user: {
    readonly name: string;
    readonly password: string;
    readonly projectId: string;
  }): Promise<{
    readonly id: string;
    readonly secret: string;
  }>;
  /** Keystone goes away; what it knows stays. */
  stop(): Promise<void>;
  purge(): Promise<void>;
}

const domain = { id: 'default' };

export async function startTestKeystone(prefix: string, subnet: number): Promise<TestKeystone> {
  const dataDir = await mkdtemp(join(tmpdir(), `kaas-keystone-${prefix}-`));
  const address = `172.28.${subnet}.1`;
  const config = pocketCloudConfig({
    dataDir,
    prefix,
    address,
    cidr: `172.28.${subnet}.0/24`,
    adminPassword: 'secret',
  });
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
  const authUrl = `${serviceUrl(config, 'keystone')}/v3`;
  const connect = (name: string, password: string, project: { id: string } | { name: string; domain: typeof domain }) =>
    connectCloud({
      authUrl,
      credentials: { method: 'password', user: { name, domain }, password, scope: { project } },
    });
  const admin = connect('admin', 'secret', { name: 'admin', domain });
  return {
    authUrl,
    admin,
    newUser: async (name, password) => (await admin.keystone.users.create({ name, password })).id,
    newProject: async (name, domainId) =>
      (await admin.keystone.projects.create({ name, ...(domainId === undefined ? {} : { domain_id: domainId }) })).id,
    grant: async (userId, projectId, role) => {
      const [known] = await admin.keystone.roles.list({ name: role });
      const { id } = known ?? (await admin.keystone.roles.create({ name: role }));
      await admin.keystone.grantProjectRole(projectId, userId, id);
    },
    applicationCredential: async ({ name, password, projectId }) => {
      const { keystone, session } = connect(name, password, { id: projectId });
      const userId = (await session.token()).info.user.id;
      const made = await keystone.applicationCredentials(userId).create({ name: 'test', secret: 'app-secret' });
      return { id: made.id, secret: 'app-secret' };
    },
    stop: cloud.stop,
    purge: async () => {
      await cloud.stop();
      await remove();
    },
  };
}
