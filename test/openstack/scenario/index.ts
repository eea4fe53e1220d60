import { type Caller, createRecorder, type Login, type Step } from '../recorder.ts';
import { cinder } from './cinder.ts';
import { glance } from './glance.ts';
import { keystone } from './keystone.ts';
import { neutron } from './neutron.ts';
import { nova } from './nova.ts';
import { octavia } from './octavia.ts';
import { password, projects, type World } from './world.ts';

const parts = { keystone, glance, neutron, cinder, nova, octavia };
export type Part = keyof typeof parts;
export const allParts = Object.keys(parts) as readonly Part[];

/**
 * Plays the scenario on a cloud and answers how it answered. Works in two projects of its own, which it removes; the cloud needs an external network
 * named `public`. `image` is what servers boot from.
 */
export async function runScenario(
  cloud: { readonly authUrl: string; readonly admin: Login; readonly image: Buffer },
  chosen: readonly Part[] = allParts,
): Promise<readonly Step[]> {
  const recorder = createRecorder(cloud.authUrl);
  const admin = await recorder.login(cloud.admin);
  await removeProjects(admin);
  try {
    for (const name of projects) await makeProject(admin, name);
    const [red, blue] = await Promise.all(
      projects.map(async (name) => await recorder.login({ name, password, project: name })),
    );
    if (red === undefined || blue === undefined) throw new Error('no projects');
    const network = await quietly(admin, 'network', 'GET', '/v2.0/networks?name=public');
    const world: World = {
      admin,
      red,
      blue,
      nobody: recorder.anonymous(),
      publicId: network.id,
      flavorId: (
        await quietly(admin, 'compute', 'POST', '/v2.1/flavors', {
          flavor: { name: 'scenario', ram: 256, vcpus: 1, disk: 1 },
        })
      ).id,
      imageId: await makeImage(admin, cloud.image),
    };
    for (const part of chosen) await parts[part](world);
    await quietly(admin, 'compute', 'DELETE', `/v2.1/flavors/${world.flavorId}`);
    await quietly(admin, 'image', 'DELETE', `/v2/images/${world.imageId}`);
  } finally {
    await removeProjects(admin);
  }
  return recorder.steps;
}

async function quietly(
  caller: Caller,
  service: Parameters<Caller['ask']>[0],
  method: string,
  path: string,
  json?: unknown,
) {
  const name = `${method} ${path}`;
  return await caller.ask(service, name, method, path, { unrecorded: true, ...(json === undefined ? {} : { json }) });
}

async function makeProject(admin: Caller, name: string): Promise<void> {
  const project = await quietly(admin, 'identity', 'POST', '/v3/projects', { project: { name, domain_id: 'default' } });
  const user = await quietly(admin, 'identity', 'POST', '/v3/users', {
    user: { name, password, domain_id: 'default' },
  });
  const { body } = await quietly(admin, 'identity', 'GET', '/v3/roles');
  for (const role of body.roles as readonly { readonly id: string; readonly name: string }[])
    if (role.name === 'member' || role.name === 'load-balancer_member')
      await quietly(admin, 'identity', 'PUT', `/v3/projects/${project.id}/users/${user.id}/roles/${role.id}`);
}

async function removeProjects(admin: Caller): Promise<void> {
  for (const name of [...projects, 'scenario-extra'])
    for (const kind of ['users', 'projects']) {
      const { body } = await quietly(admin, 'identity', 'GET', `/v3/${kind}?name=${name}`);
      for (const { id } of body[kind]) await quietly(admin, 'identity', 'DELETE', `/v3/${kind}/${id}`);
    }
}

async function makeImage(admin: Caller, data: Buffer): Promise<string> {
  const { id } = await quietly(admin, 'image', 'POST', '/v2/images', {
    name: 'scenario-machine',
    disk_format: 'raw',
    container_format: 'bare',
    visibility: 'public',
  });
  await admin.ask('image', 'data', 'PUT', `/v2/images/${id}/file`, { data, unrecorded: true });
  return id;
}
