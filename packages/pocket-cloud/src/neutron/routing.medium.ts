import { mkdtemp, rm } from 'node:fs/promises';
import { createServer, type Server } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { run } from '@matryoshka/system';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { startTestCloud, type TestCloud } from '../testing/instance.ts';
import { makeServerImage } from '../testing/server-image.ts';
import { bootServer, hostGets, soon, type TestServer, uploadImage } from '../testing/servers.ts';
import { adminTenant, makeTenant, type Tenant } from '../testing/tenant.ts';

/** A project with network, subnet 10.0.0.0/24, router and one server at 10.0.0.50. */
interface Site {
  readonly tenant: Tenant;
  readonly networkId: string;
  readonly subnetId: string;
  readonly routerId: string;
  readonly gateway: string;
  readonly server: TestServer;
}

let cloud: TestCloud;
let admin: Tenant;
let red: Site;
let blue: Site;
let work: string;
let imageId: string;
let publicId: string;
/** On the provider network: answers with the address it sees. */
let outside: Server;
let outsideUrl: string;

async function makeSite(name: string): Promise<Site> {
  const tenant = await makeTenant(cloud, name);
  const networkId = (await tenant.make('network', { name })).id;
  const subnetId = (await tenant.make('subnet', { network_id: networkId, cidr: '10.0.0.0/24', ip_version: 4 })).id;
  const router = await tenant.make('router', { name, external_gateway_info: { network_id: publicId } });
  const join_ = await tenant.neutron('PUT', `/v2.0/routers/${router.id}/add_router_interface`, { subnet_id: subnetId });
  expect(join_.status).toBe(200);
  const networks = [{ uuid: networkId, fixed_ip: '10.0.0.50' }];
  return {
    tenant,
    networkId,
    subnetId,
    routerId: router.id,
    gateway: router.external_gateway_info.external_fixed_ips[0].ip_address,
    server: await bootServer(cloud, tenant, { name: `${name}-server`, imageId, networks }),
  };
}

beforeAll(async () => {
  work = await mkdtemp(join(tmpdir(), 'pocket-image-'));
  cloud = await startTestCloud('pnx', 24);
  admin = await adminTenant(cloud);
  publicId = (await admin.neutron('GET', '/v2.0/networks?name=public')).body.networks[0].id;
  imageId = await uploadImage(cloud, await makeServerImage(work));
  [red, blue] = await Promise.all([makeSite('red'), makeSite('blue')]);
  outside = createServer((request, response) => response.end(request.socket.remoteAddress));
  await new Promise<void>((resolve) => outside.listen(8099, cloud.config.address, resolve));
  outsideUrl = `http://${cloud.config.address}:8099/`;
});
afterAll(async () => {
  outside?.close();
  await cloud?.purge();
  await rm(work, { recursive: true, force: true });
});

const hostPings = async (address: string, ...options: readonly string[]): Promise<boolean> =>
  (await run(['ping', '-c', '1', '-W', '1', ...options, address], { okCodes: 'any' })).code === 0;
const letIn = async (site: Site): Promise<void> => {
  const { body } = await site.tenant.neutron('GET', '/v2.0/security-groups?name=default');
  const security_group_id = body.security_groups[0].id;
  for (const protocol of ['icmp', 'tcp'])
    await site.tenant.make('security_group_rule', { security_group_id, direction: 'ingress', protocol });
};

describe('routers', () => {
  it('take servers out under the router’s address', async () => {
    for (const site of [red, blue]) expect(await site.server.get(outsideUrl)).toBe(site.gateway);
    expect(red.gateway).not.toBe(blue.gateway);
  });

  it('let nobody in: neither through the gateway nor by a route to the inside', async () => {
    await letIn(red);
    // Its own gateway answers; the wall is behind it.
    expect(await soon(async () => await hostPings(red.gateway))).toBe(true);
    expect(await hostGets(red.gateway)).toBeUndefined();
    await run(['ip', 'route', 'add', '10.0.0.50/32', 'via', red.gateway, 'dev', 'pnx0']);
    try {
      expect(await hostPings('10.0.0.50')).toBe(false);
      expect(await hostGets('10.0.0.50')).toBeUndefined();
    } finally {
      await run(['ip', 'route', 'del', '10.0.0.50/32']);
    }
  });

  it('keep projects with equal addresses apart', async () => {
    // The same address is another machine on each side; what one side has and the other has not cannot be reached.
    const networks = [{ uuid: blue.networkId, fixed_ip: '10.0.0.60' }];
    const only = await bootServer(cloud, blue.tenant, { name: 'only-blue', imageId, networks });
    expect(await blue.server.pings('10.0.0.60')).toBe(true);
    expect(await red.server.pings('10.0.0.60')).toBe(false);
    expect(await red.server.get(`http://10.0.0.60/name`)).toBeUndefined();
    expect(await only.get('http://10.0.0.50/name')).toBe('blue-server');
    expect(await red.server.get('http://10.0.0.50/name')).toBe('red-server');
    // Equal connections at the same time, through both routers to the same place, stay apart as well.
    const [first, second] = await Promise.all([red.server.get(outsideUrl), blue.server.get(outsideUrl)]);
    expect([first, second]).toEqual([red.gateway, blue.gateway]);
  });

  it('carry whole frames, and answer where a packet is too big', async () => {
    const ping = async (size: string): Promise<number> =>
      (await red.server.execOfHost('ping', '-M', 'do', '-c', '1', '-W', '1', '-s', size, cloud.config.address)).code;
    expect(await ping('1472')).toBe(0);
    expect(await ping('1473')).not.toBe(0);
    const small = (await red.tenant.make('network', { name: 'small', mtu: 1400 })).id;
    const subnet = await red.tenant.make('subnet', { network_id: small, cidr: '10.0.1.0/24', ip_version: 4 });
    const interfaces = `/v2.0/routers/${red.routerId}`;
    const body = { subnet_id: subnet.id };
    expect((await red.tenant.neutron('PUT', `${interfaces}/add_router_interface`, body)).status).toBe(200);
    const server = await bootServer(cloud, red.tenant, { name: 'small', imageId, networks: [{ uuid: small }] });
    expect((await server.exec('ip', 'link', 'show', 'eth0')).stdout).toContain('mtu 1400');
    const big = async (size: string): Promise<boolean> =>
      (await red.server.execOfHost('ping', '-M', 'do', '-c', '1', '-W', '1', '-s', size, server.address)).code === 0;
    expect(await big('1372')).toBe(true);
    expect(await big('1472')).toBe(false);
    await red.tenant.nova('DELETE', `/v2.1/servers/${server.id}`);
    expect(
      await soon(async () => (await red.tenant.neutron('GET', `/v2.0/ports/${server.portId}`)).status === 404),
    ).toBe(true);
    expect((await red.tenant.neutron('PUT', `${interfaces}/remove_router_interface`, body)).status).toBe(200);
    expect((await red.tenant.neutron('DELETE', `/v2.0/networks/${small}`)).status).toBe(204);
  });

  it('take a server out only while they have a gateway that translates', async () => {
    const set = async (external_gateway_info: unknown): Promise<void> => {
      const answer = await admin.neutron('PUT', `/v2.0/routers/${blue.routerId}`, {
        router: { external_gateway_info },
      });
      expect(answer.status).toBe(200);
    };
    const back = { network_id: publicId, external_fixed_ips: [{ ip_address: blue.gateway }] };
    await set(null);
    expect(await soon(async () => (await blue.server.get(outsideUrl)) === undefined)).toBe(true);
    await set({ ...back, enable_snat: false });
    expect(await blue.server.get(outsideUrl)).toBeUndefined();
    await set({ ...back, enable_snat: true });
    expect(await soon(async () => (await blue.server.get(outsideUrl)) === blue.gateway)).toBe(true);
  });
});

describe('floating IPs', () => {
  it('lead in and out, for as long as they are associated', async () => {
    const fip = await red.tenant.make('floatingip', { floating_network_id: publicId, port_id: red.server.portId });
    const address: string = fip.floating_ip_address;
    expect(await soon(async () => (await hostGets(address)) === 'red-server')).toBe(true);
    expect(await hostPings(address)).toBe(true);
    expect(await hostPings(address, '-M', 'do', '-s', '1472')).toBe(true);
    expect(await red.server.get(outsideUrl)).toBe(address);
    const { body } = await red.tenant.nova('GET', `/v2.1/servers/${red.server.id}`);
    expect(body.server.addresses.red).toEqual([
      expect.objectContaining({ addr: '10.0.0.50', 'OS-EXT-IPS:type': 'fixed' }),
      expect.objectContaining({ addr: address, 'OS-EXT-IPS:type': 'floating' }),
    ]);
    // Through the other project's router, and through its own from inside (hairpin).
    expect(await blue.server.get(`http://${address}/name`)).toBe('red-server');
    expect(await red.server.get(`http://${address}/name`)).toBe('red-server');
    // An unasked port of the group stays closed.
    const { body: groups } = await red.tenant.neutron('GET', '/v2.0/security-groups?name=default');
    const rules = groups.security_groups[0].security_group_rules as { id: string; protocol: string | null }[];
    for (const rule of rules.filter(({ protocol }) => protocol === 'icmp'))
      await red.tenant.neutron('DELETE', `/v2.0/security-group-rules/${rule.id}`);
    expect(await soon(async () => !(await hostPings(address)))).toBe(true);
    expect(await hostGets(address)).toBe('red-server');

    // Moved to another server it leads there.
    const networks = [{ uuid: red.networkId }];
    const second = await bootServer(cloud, red.tenant, { name: 'second', imageId, networks });
    const path = `/v2.0/floatingips/${fip.id}`;
    await red.tenant.neutron('PUT', path, { floatingip: { port_id: second.portId } });
    expect(await soon(async () => (await hostGets(address)) === 'second')).toBe(true);
    expect(await red.server.get(outsideUrl)).toBe(red.gateway);
    await red.tenant.neutron('PUT', path, { floatingip: { port_id: null } });
    expect(await soon(async () => (await hostGets(address)) === undefined)).toBe(true);
    expect(await second.get(outsideUrl)).toBe(red.gateway);
    expect((await red.tenant.neutron('DELETE', path)).status).toBe(204);
  });

  it('end their connections when they go', async () => {
    const fip = await red.tenant.make('floatingip', { floating_network_id: publicId, port_id: red.server.portId });
    const open = async (): Promise<boolean> => (await hostGets(fip.floating_ip_address)) === 'red-server';
    expect(await soon(open)).toBe(true);
    const script = `(while :; do echo tick; sleep 1; done | nc ${fip.floating_ip_address} 7 >/tmp/echo) >/dev/null 2>&1 </dev/null &`;
    await blue.server.exec('sh', '-c', script);
    const heard = async (): Promise<number> => (await blue.server.exec('cat', '/tmp/echo')).stdout.split('\n').length;
    expect(await soon(async () => (await heard()) > 2)).toBe(true);
    expect((await red.tenant.neutron('DELETE', `/v2.0/floatingips/${fip.id}`)).status).toBe(204);
    const quiet = async (): Promise<boolean> => {
      const before = await heard();
      await new Promise((resolve) => setTimeout(resolve, 2500));
      return (await heard()) === before;
    };
    expect(await soon(quiet, 20_000)).toBe(true);
  });
});
