import { readFile } from 'node:fs/promises';
import { type Cloud, connectCloud } from '@matryoshka/openstack';
import { paths } from './platform.ts';

interface AdminFile {
  readonly authUrl: string;
  readonly username: string;
  readonly password: string;
}

/** Metadata in which Cinder CSI writes the id of its cluster. */
export const clusterKey = 'cinder.csi.openstack.org/cluster';

/** How the administrator logs in to the test platform's cloud. */
export async function readAdminFile(): Promise<AdminFile> {
  return JSON.parse(await readFile(paths.openstackAdminFile, 'utf8')) as AdminFile;
}

/** The test platform's cloud as its administrator, in any project. */
export async function cloudIn(project: string): Promise<{ readonly cloud: Cloud; readonly projectId: string }> {
  const admin = await readAdminFile();
  const domain = { name: 'Default' };
  const login = (name: string): Cloud =>
    connectCloud({
      authUrl: admin.authUrl,
      region: 'RegionOne',
      credentials: {
        method: 'password',
        user: { name: admin.username, domain },
        password: admin.password,
        scope: { project: { name, domain } },
      },
    });
  const cloud = login('admin');
  const found = (await cloud.keystone.projects.list({ name: project })).find(({ name }) => name === project);
  if (found === undefined) throw new Error(`there is no project ${project}`);
  return { cloud, projectId: found.id };
}

/** Everything in a project, by kind and name: what a customer pays for. */
export async function inventory(project: string): Promise<Readonly<Record<string, readonly string[]>>> {
  const { cloud, projectId } = await cloudIn(project);
  const own = { project_id: projectId };
  const mine = <T extends { readonly project_id: string }>(items: readonly T[]): readonly T[] =>
    items.filter((item) => item.project_id === projectId);
  const servers = await cloud.nova.servers.list({ all_tenants: true, ...own });
  return {
    servers: servers.filter(({ tenant_id }) => tenant_id === projectId).map(({ name }) => name),
    networks: mine(await cloud.neutron.networks.list(own)).map(({ name }) => name),
    routers: mine(await cloud.neutron.routers.list(own)).map(({ name }) => name),
    ports: mine(await cloud.neutron.ports.list(own)).map(({ name, id }) => name || id),
    floatingIps: mine(await cloud.neutron.floatingIps.list(own)).map(({ floating_ip_address: ip }) => ip),
    securityGroups: mine(await cloud.neutron.securityGroups.list(own))
      .map(({ name }) => name)
      .filter((name) => name !== 'default'),
    loadBalancers: mine(await cloud.octavia.loadBalancers.list(own)).map(({ name }) => name),
  };
}

/** Service users of clusters that Keystone knows. */
export async function serviceUsers(): Promise<readonly string[]> {
  const { cloud } = await cloudIn('admin');
  return (await cloud.keystone.users.list({})).map(({ name }) => name).filter((name) => /^matryoshka-c-/.test(name));
}
