import { createServer } from 'node:http';
import { ensureProject, grantRoles } from '@matryoshka/openstack';
import { run } from '@matryoshka/system';
import { afterAll, describe, expect, it } from 'vitest';
import { cloudIn, inventory } from '../support/cloud.ts';
import { fixedAddress, namespace, orcObjects } from '../support/orc.ts';
import { config, managementKubectl } from '../support/platform.ts';
import { eventually } from '../support/waiting.ts';

/** Delivered to ORC by HTTP, as an image on a web server would be. */
const picture = Buffer.alloc(1024 ** 2, 'picture');

/** A project of its own, in which the cloud's administrator may do everything. */
async function makeProject(): Promise<void> {
  const { cloud } = await cloudIn('admin');
  const { id } = await ensureProject(cloud.keystone, { name: namespace, domain_id: 'default' });
  const { user } = (await cloud.session.token()).info;
  await grantRoles(cloud.keystone, { projectId: id, userId: user.id }, ['admin']);
}

interface Shown {
  readonly kind: string;
  readonly metadata: { readonly name: string };
  readonly status?: {
    readonly conditions?: readonly { readonly type: string; readonly status: string; readonly message?: string }[];
  };
}

/** Those that are not available yet, with the reason. */
async function unavailable(kinds: readonly string[]): Promise<readonly string[]> {
  const text = await managementKubectl(['get', kinds.join(','), '-n', namespace, '-o', 'json']);
  const { items } = JSON.parse(text) as { readonly items: readonly Shown[] };
  return items.flatMap(({ kind, metadata, status }) => {
    const available = status?.conditions?.find(({ type }) => type === 'Available');
    return available?.status === 'True' ? [] : [`${kind}/${metadata.name}: ${available?.message ?? 'not looked at'}`];
  });
}

/** openstack-resource-controller, that the platform brings for CAPO, in the management cluster. */
export function orcStories(): void {
  describe('openstack-resource-controller', () => {
    const web = createServer((_, response) => response.end(picture));
    afterAll(async () => {
      web.close();
      await managementKubectl(['delete', 'namespace', namespace, '--ignore-not-found']);
    });

    it('makes a server with all that belongs to it, and removes it all', async () => {
      await makeProject();
      await new Promise<void>((resolve) => web.listen(0, config.network.address, resolve));
      const bound = web.address();
      const port = typeof bound === 'object' && bound !== null ? bound.port : 0;
      const { cloud, projectId } = await cloudIn(namespace);
      const shared = async (): Promise<unknown> => ({
        flavors: (await cloud.nova.flavors.list({ is_public: 'None' })).map((flavor) => flavor.name).toSorted(),
        images: (await cloud.glance.images.list({})).map((image) => image.id).toSorted(),
        volumes: (await cloud.cinder.volumes.list({ all_tenants: true, project_id: projectId })).map(({ id }) => id),
        own: await inventory(namespace),
      });
      const before = await shared();
      const wanted = await orcObjects(`http://${config.network.address}:${port}/picture.raw`);
      await managementKubectl(['apply', '-f', '-'], wanted.map((object) => JSON.stringify(object)).join('\n---\n'));
      const kinds = [...new Set(wanted.map(({ kind }) => String(kind)))].filter(
        (kind) => !/Namespace|Secret/.test(kind),
      );
      const plural = kinds.map((kind) => `${kind.toLowerCase()}s.openstack.k-orc.cloud`);
      await eventually('all are available', async () => {
        const open = await unavailable(plural);
        if (open.length > 0) throw new Error(open.join('; '));
        return true;
      });

      const server = (await cloud.nova.servers.list({ all_tenants: true })).find(
        ({ tenant_id }) => tenant_id === projectId,
      );
      expect(server).toMatchObject({ name: 'server', status: 'ACTIVE', key_name: 'key' });
      const addresses = Object.values(server?.addresses ?? {}).flat();
      const floating = (await inventory(namespace)).floatingIps?.[0] ?? '';
      expect(addresses.map(({ addr }) => addr).toSorted()).toEqual([fixedAddress, floating].toSorted());
      const volumes = await cloud.cinder.volumes.list({ all_tenants: true, project_id: projectId });
      expect(volumes).toMatchObject([{ name: 'disk', status: 'in-use', attachments: [{ server_id: server?.id }] }]);
      const image = (await cloud.glance.images.list({})).find((candidate) => candidate.name === 'picture');
      expect(image).toMatchObject({ status: 'active', size: picture.length });
      await eventually('the floating IP answers', async () => {
        const ping = await run(['ping', '-c', '1', '-W', '1', floating], { okCodes: 'any' });
        return ping.code === 0 ? true : undefined;
      });
      await eventually('user data was run', async () =>
        (await cloud.nova.consoleLog(server?.id ?? '')).includes('written by user data') ? true : undefined,
      );

      const patch = JSON.stringify({ spec: { resource: { description: 'changed', tags: ['three'] } } });
      const change = ['patch', 'networks.openstack.k-orc.cloud', 'net', '-n', namespace, '--type=merge', '-p', patch];
      await managementKubectl(change);
      await eventually('the network is changed', async () => {
        const network = (await cloud.neutron.networks.list({ project_id: projectId, name: 'net' }))[0];
        return network?.description === 'changed' && network.tags?.join() === 'three' ? true : undefined;
      });

      await managementKubectl(['delete', plural.join(','), '--all', '-n', namespace, '--timeout=180s']);
      expect(await shared()).toEqual(before);
    });
  });
}
