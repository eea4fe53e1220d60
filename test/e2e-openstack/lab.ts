import { readFile } from 'node:fs/promises';
import {
  type Cloud,
  type Credentials,
  connectCloud,
  ensureProject,
  grantRoles,
  memberRoles,
} from '@matryoshka/openstack';
import { run } from '@matryoshka/system';

const script = new URL('../openstack/real-cloud.sh', import.meta.url).pathname;

export const lab = {
  authUrl: 'http://172.24.4.1:5000/v3',
  /** This machine's address in the lab's provider network. */
  host: '172.24.4.2',
  cidr: '172.24.4.0/24',
  region: 'RegionOne',
  admin: { username: 'admin', password: 'lab', project: 'admin', domain: 'Default' },
} as const;

/** Starts the OpenStack in a folder; false when one runs already. */
export async function startLab(folder: string, onLine: (line: string) => void): Promise<boolean> {
  if ((await fetch(lab.authUrl).catch(() => undefined))?.ok === true) return false;
  await run([script, 'up', folder], { env: { VIRT: 'qemu' }, onLine });
  return true;
}

export async function stopLab(folder: string): Promise<void> {
  await run([script, 'down', folder], { okCodes: 'any' });
}

/** Lets the lab's machines answer and reach an address range that this machine routes to. */
export async function routeTo(folder: string, cidr: string): Promise<void> {
  const holder = (await readFile(`${folder}/run/ns.pid`, 'utf8')).trim();
  await run(['nsenter', '-t', holder, '--net', 'ip', 'route', 'replace', cidr, 'via', lab.host]);
}

/** The lab as one of its users. */
export function loginToLab(username: string, password: string, project: string): Cloud {
  const domain = { name: lab.admin.domain };
  const credentials: Credentials = {
    method: 'password',
    user: { name: username, domain },
    password,
    scope: { project: { name: project, domain } },
  };
  return connectCloud({ authUrl: lab.authUrl, region: lab.region, credentials, timeoutMs: 120_000 });
}

export interface Customer {
  readonly name: string;
  readonly password: string;
  readonly projectId: string;
}

/** What the provider of that cloud does for a new customer: a project, a user, his roles. */
export async function ensureCustomer(admin: Cloud, name: string, password: string): Promise<Customer> {
  const wanted = { name, domain_id: 'default', description: 'acceptance test' };
  const project = await ensureProject(admin.keystone, wanted);
  const user =
    (await admin.keystone.users.list({ name }))[0] ??
    (await admin.keystone.users.create({ name, domain_id: 'default', password, default_project_id: project.id }));
  await grantRoles(admin.keystone, { projectId: project.id, userId: user.id }, memberRoles);
  return { name, password, projectId: project.id };
}

/** Uploads a worker image as docs/worker-image.md says, unless this very one is there. */
export async function ensureWorkerImage(
  admin: Cloud,
  image: { readonly file: string; readonly sha256: string; readonly properties: Readonly<Record<string, string>> },
  name: string,
): Promise<void> {
  const present = await admin.glance.images.list({ name });
  if (present.some((one) => one.status === 'active' && one.matryoshka_sha256 === image.sha256)) return;
  for (const old of present) await admin.glance.images.delete(old.id);
  const made = await admin.glance.images.create({
    name,
    disk_format: 'qcow2',
    container_format: 'bare',
    visibility: 'public',
    min_disk: 4,
    ...image.properties,
    matryoshka_sha256: image.sha256,
  });
  await admin.glance.uploadFile(made.id, image.file);
}

/** Everything a project has, by kind: what its customer pays for. The security group `default` comes with every project. */
export async function contentsOf(
  admin: Cloud,
  projectId: string,
): Promise<Readonly<Record<string, readonly string[]>>> {
  const own = { project_id: projectId };
  const { neutron, nova, octavia, cinder } = admin;
  const named = (items: readonly { readonly name: string; readonly id: string; readonly project_id?: string }[]) =>
    items.filter(({ project_id }) => project_id === projectId).map(({ name, id }) => name || id);
  const servers = await nova.servers.list({ all_tenants: true, project_id: projectId });
  const volumes = await cinder.volumes.list({ all_tenants: true, project_id: projectId });
  return {
    servers: servers.filter(({ tenant_id }) => tenant_id === projectId).map(({ name }) => name),
    volumes: volumes.map(({ name, id }) => name || id),
    loadBalancers: named(await octavia.loadBalancers.list(own)),
    networks: named(await neutron.networks.list(own)),
    routers: named(await neutron.routers.list(own)),
    ports: named(await neutron.ports.list(own)),
    floatingIps: (await neutron.floatingIps.list(own))
      .filter(({ project_id }) => project_id === projectId)
      .map(({ floating_ip_address: address }) => address),
    securityGroups: named(await neutron.securityGroups.list(own)).filter((name) => name !== 'default'),
  };
}
