import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { startTestCloud, type TestCloud } from './instance.ts';
import { makeServerImage } from './server-image.ts';
import { bootServer, soon, type TestServer, uploadImage } from './servers.ts';
import { makeTenant, type Tenant } from './tenant.ts';

export const lbaas = '/v2.0/lbaas';

/** A cloud with a project `red`: a routed network, two web servers and a client in it. */
export interface WebServers {
  readonly cloud: TestCloud;
  readonly red: Tenant;
  readonly publicId: string;
  readonly network: { readonly id: string };
  readonly subnet: { readonly id: string };
  readonly one: TestServer;
  readonly two: TestServer;
  readonly client: TestServer;
  /** Waits until a load balancer is ACTIVE; throws when it does not come to be. */
  settled(loadBalancerId: string): Promise<void>;
  /** Whether the client gets the name of the server `one` at an address. */
  answersAsOne(address: string): Promise<boolean>;
  purge(): Promise<void>;
}

/** A cloud of its own with these servers. */
export async function startWebServers(prefix: string, subnetNumber: number): Promise<WebServers> {
  const cloud = await startTestCloud(prefix, subnetNumber);
  try {
    return await makeWebServers(cloud);
  } catch (error) {
    await cloud.purge();
    throw error;
  }
}

/** The servers in a cloud, which `purge` removes with them. */
export async function makeWebServers(cloud: TestCloud): Promise<WebServers> {
  const work = await mkdtemp(join(tmpdir(), 'pocket-image-'));
  const red = await makeTenant(cloud, 'red');
  const publicId = (await red.neutron('GET', '/v2.0/networks?name=public')).body.networks[0].id;
  const imageId = await uploadImage(cloud, await makeServerImage(work));
  await rm(work, { recursive: true, force: true });
  const network = await red.make('network', { name: 'n' });
  const subnet = await red.make('subnet', { network_id: network.id, cidr: '10.0.0.0/24', ip_version: 4 });
  const router = await red.make('router', { name: 'r', external_gateway_info: { network_id: publicId } });
  await red.neutron('PUT', `/v2.0/routers/${router.id}/add_router_interface`, { subnet_id: subnet.id });
  const web = await red.make('security_group', { name: 'web' });
  const allowed = { security_group_id: web.id, direction: 'ingress', remote_ip_prefix: '10.0.0.0/24' };
  for (const protocol of ['tcp', 'udp']) await red.make('security_group_rule', { ...allowed, protocol });
  const boot = async (name: string): Promise<TestServer> =>
    await bootServer(cloud, red, { name, imageId, networks: [{ uuid: network.id }], securityGroups: ['web'] });
  const [one, two, client] = await Promise.all([boot('one'), boot('two'), boot('client')]);
  const status = async (id: string): Promise<string> =>
    (await red.octavia('GET', `${lbaas}/loadbalancers/${id}`)).body.loadbalancer?.provisioning_status;
  return {
    cloud,
    red,
    publicId,
    network,
    subnet,
    one,
    two,
    client,
    settled: async (id) => {
      if (!(await soon(async () => (await status(id)) === 'ACTIVE')))
        throw new Error(`load balancer ${id} is ${await status(id)}`);
    },
    answersAsOne: async (address) => (await client.get(`http://${address}/name`)) === 'one',
    purge: async () => await cloud.purge(),
  };
}
