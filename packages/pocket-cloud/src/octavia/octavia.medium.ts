import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { TestCloud } from '../testing/instance.ts';
import { leftOf } from '../testing/load-balancers.ts';
import { hostGets, serverBecomes, soon, type TestServer } from '../testing/servers.ts';
import { makeTenant, type Tenant } from '../testing/tenant.ts';
import { lbaas, startWebServers, type WebServers } from '../testing/web-servers.ts';

let world: WebServers;
let cloud: TestCloud;
let red: Tenant;
let blue: Tenant;
let publicId: string;
let network: WebServers['network'];
let subnet: WebServers['subnet'];
let one: TestServer;
let two: TestServer;
let client: TestServer;
let settled: WebServers['settled'];

beforeAll(async () => {
  world = await startWebServers('pnl', 25);
  ({ cloud, red, publicId, network, subnet, one, two, client, settled } = world);
  blue = await makeTenant(cloud, 'blue');
});
afterAll(async () => await world?.purge());

const status = async (id: string): Promise<string> =>
  (await red.octavia('GET', `${lbaas}/loadbalancers/${id}`)).body.loadbalancer?.provisioning_status;
/** Creates one object of a load balancer and waits until all of it is settled again. */
async function add(loadBalancerId: string, path: string, kind: string, fields: object) {
  const answer = await red.octavia('POST', `${lbaas}/${path}`, { [kind]: fields });
  expect([answer.status, answer.body.faultstring]).toEqual([201, undefined]);
  expect(answer.body[kind]).toMatchObject({ provisioning_status: 'PENDING_CREATE', operating_status: 'OFFLINE' });
  await settled(loadBalancerId);
  return answer.body[kind];
}
const change = async (loadBalancerId: string, path: string, json: object): Promise<number> => {
  const answer = await red.octavia('PUT', `${lbaas}/${path}`, json);
  await settled(loadBalancerId);
  return answer.status;
};
/** Names of the servers that answered eight requests of the client. */
const answering = async (address: string): Promise<readonly string[]> => {
  const seen = new Set<string>();
  for (let index = 0; index < 8; index += 1) seen.add((await client.get(`http://${address}/name`)) ?? 'nobody');
  return [...seen].toSorted();
};
const gone = async (id: string): Promise<void> => {
  expect(await soon(async () => (await red.octavia('GET', `${lbaas}/loadbalancers/${id}`)).status === 404)).toBe(true);
  expect(await leftOf(cloud, red, id)).toEqual([]);
};

describe('versions', () => {
  it('end with the newest one', async () => {
    const { body } = await cloud.call('octavia', 'GET', '/');
    expect(body.versions.at(-1)).toMatchObject({ id: 'v2.26', status: 'CURRENT' });
    expect(
      (await red.octavia('GET', `${lbaas}/providers`)).body.providers.map((p: { name: string }) => p.name),
    ).toContain('amphora');
    expect((await cloud.call('octavia', 'GET', `${lbaas}/loadbalancers`)).status).toBe(401);
  });
});

describe('a load balancer', () => {
  it('is built step by step, carries traffic, follows its members, and ends without a trace', async () => {
    const made = await red.octavia('POST', `${lbaas}/loadbalancers`, {
      loadbalancer: { name: 'lb', vip_subnet_id: subnet.id, description: 'd', tags: ['t'] },
    });
    expect(made.status).toBe(201);
    const lb = made.body.loadbalancer;
    expect(lb).toMatchObject({
      name: 'lb',
      provisioning_status: 'PENDING_CREATE',
      operating_status: 'OFFLINE',
      admin_state_up: true,
      provider: 'octavia',
      vip_subnet_id: subnet.id,
      vip_network_id: network.id,
      project_id: red.projectId,
      listeners: [],
      pools: [],
      tags: ['t'],
    });
    // Before it stands, nothing of it can be changed.
    const early = await red.octavia('PUT', `${lbaas}/loadbalancers/${lb.id}`, { loadbalancer: { name: 'x' } });
    if ((await status(lb.id)) === 'PENDING_CREATE')
      expect([early.status, early.body.faultstring]).toEqual([409, expect.stringContaining('immutable')]);
    await settled(lb.id);
    const vip = (await red.neutron('GET', `/v2.0/ports/${lb.vip_port_id}`)).body.port;
    expect(vip).toMatchObject({
      name: `octavia-lb-${lb.id}`,
      device_owner: 'Octavia',
      device_id: `lb-${lb.id}`,
      fixed_ips: [{ subnet_id: subnet.id, ip_address: lb.vip_address }],
    });

    const listener = await add(lb.id, 'listeners', 'listener', {
      name: 'web',
      loadbalancer_id: lb.id,
      protocol: 'TCP',
      protocol_port: 80,
    });
    expect(listener).toMatchObject({ connection_limit: -1, timeout_client_data: 50_000, allowed_cidrs: null });
    const pool = await add(lb.id, 'pools', 'pool', {
      name: 'servers',
      listener_id: listener.id,
      protocol: 'TCP',
      lb_algorithm: 'ROUND_ROBIN',
    });
    for (const server of [one, two])
      await add(lb.id, `pools/${pool.id}/members`, 'member', {
        name: server.name,
        address: server.address,
        protocol_port: 80,
        subnet_id: subnet.id,
      });
    expect(await soon(async () => (await answering(lb.vip_address)).join() === 'one,two')).toBe(true);

    // Without a monitor nobody knows how members are.
    const tree = async () =>
      (await red.octavia('GET', `${lbaas}/loadbalancers/${lb.id}/status`)).body.statuses.loadbalancer;
    const members = async (): Promise<readonly string[]> =>
      (await tree()).listeners[0].pools[0].members.map(
        (member: { operating_status: string }) => member.operating_status,
      );
    expect(await soon(async () => (await members()).join() === 'NO_MONITOR,NO_MONITOR')).toBe(true);
    await add(lb.id, 'healthmonitors', 'healthmonitor', {
      pool_id: pool.id,
      type: 'TCP',
      delay: 1,
      timeout: 1,
      max_retries: 1,
      max_retries_down: 1,
    });
    expect(await soon(async () => (await members()).join() === 'ONLINE,ONLINE')).toBe(true);
    expect(await tree()).toMatchObject({
      name: 'lb',
      provisioning_status: 'ACTIVE',
      operating_status: 'ONLINE',
      listeners: [
        {
          name: 'web',
          provisioning_status: 'ACTIVE',
          operating_status: 'ONLINE',
          pools: [
            {
              name: 'servers',
              operating_status: 'ONLINE',
              healthmonitor: { type: 'TCP', provisioning_status: 'ACTIVE' },
            },
          ],
        },
      ],
    });

    await red.nova('POST', `/v2.1/servers/${one.id}/action`, { 'os-stop': null });
    expect(await soon(async () => (await members()).join() === 'ERROR,ONLINE', 60_000)).toBe(true);
    expect((await tree()).operating_status).toBe('DEGRADED');
    expect(await answering(lb.vip_address)).toEqual(['two']);
    await red.nova('POST', `/v2.1/servers/${one.id}/action`, { 'os-start': null });
    await serverBecomes(red, one.id, 'ACTIVE');
    expect(await soon(async () => (await members()).join() === 'ONLINE,ONLINE', 60_000)).toBe(true);
    const { stats } = (await red.octavia('GET', `${lbaas}/loadbalancers/${lb.id}/stats`)).body;
    expect(stats.total_connections).toBeGreaterThan(0);
    expect(stats.bytes_out).toBeGreaterThan(0);

    // The members as a whole, as the cloud controller manager sets them.
    const list = async () => (await red.octavia('GET', `${lbaas}/pools/${pool.id}/members`)).body.members;
    const before = await list();
    const batch = async (servers: readonly TestServer[]): Promise<number> =>
      await change(lb.id, `pools/${pool.id}/members`, {
        members: servers.map(({ address, name }) => ({ address, protocol_port: 80, name, subnet_id: subnet.id })),
      });
    expect(await batch([two])).toBe(202);
    expect((await list()).map((member: { id: string }) => member.id)).toEqual([before[1].id]);
    expect(await answering(lb.vip_address)).toEqual(['two']);
    expect(await batch([one, two])).toBe(202);
    expect(await soon(async () => (await answering(lb.vip_address)).join() === 'one,two')).toBe(true);

    // From outside by a floating IP, for whom it may concern.
    const fip = await red.make('floatingip', { floating_network_id: publicId, port_id: lb.vip_port_id });
    const outside = async (): Promise<boolean> => (await hostGets(fip.floating_ip_address)) !== undefined;
    expect(await soon(outside)).toBe(true);
    const allow = async (allowed_cidrs: readonly string[] | null): Promise<number> =>
      await change(lb.id, `listeners/${listener.id}`, { listener: { allowed_cidrs } });
    expect(await allow(['10.0.0.0/24'])).toBe(200);
    expect(await soon(async () => !(await outside()))).toBe(true);
    expect(await client.get(`http://${lb.vip_address}/name`)).toBeDefined();
    expect(await allow([`${cloud.config.address}/32`])).toBe(200);
    expect(await soon(outside)).toBe(true);
    expect(await client.get(`http://${lb.vip_address}/name`)).toBeUndefined();
    expect(await allow(null)).toBe(200);
    await red.neutron('DELETE', `/v2.0/floatingips/${fip.id}`);

    const refused = await red.octavia('DELETE', `${lbaas}/loadbalancers/${lb.id}`);
    expect([refused.status, refused.body.faultstring]).toEqual([400, expect.stringContaining('has children')]);
    expect((await red.octavia('DELETE', `${lbaas}/loadbalancers/${lb.id}?cascade=true`)).status).toBe(204);
    await gone(lb.id);
    expect((await red.neutron('GET', `/v2.0/ports/${lb.vip_port_id}`)).status).toBe(404);
  });

  it('is taken apart piece by piece', async () => {
    const lb = (await red.octavia('POST', `${lbaas}/loadbalancers`, { loadbalancer: { vip_network_id: network.id } }))
      .body.loadbalancer;
    await settled(lb.id);
    const listener = await add(lb.id, 'listeners', 'listener', {
      loadbalancer_id: lb.id,
      protocol: 'TCP',
      protocol_port: 80,
    });
    const pool = await add(lb.id, 'pools', 'pool', {
      listener_id: listener.id,
      protocol: 'TCP',
      lb_algorithm: 'SOURCE_IP',
    });
    const member = await add(lb.id, `pools/${pool.id}/members`, 'member', { address: one.address, protocol_port: 80 });
    const remove = async (path: string): Promise<void> => {
      expect((await red.octavia('DELETE', `${lbaas}/${path}`)).status).toBe(204);
      await settled(lb.id);
      expect((await red.octavia('GET', `${lbaas}/${path}`)).status).toBe(404);
    };
    await remove(`pools/${pool.id}/members/${member.id}`);
    await remove(`pools/${pool.id}`);
    expect((await red.octavia('GET', `${lbaas}/listeners/${listener.id}`)).body.listener.default_pool_id).toBeNull();
    await remove(`listeners/${listener.id}`);
    expect((await red.octavia('DELETE', `${lbaas}/loadbalancers/${lb.id}`)).status).toBe(204);
    await gone(lb.id);
  });

  it('comes whole in one request, on a port that was made before', async () => {
    const port = await red.make('port', { network_id: network.id, name: 'vip' });
    const monitor = { name: 'm', type: 'TCP', delay: 60, timeout: 30, max_retries: 1, max_retries_down: 3 };
    const members = [one, two].map(({ address, name }) => ({ address, name, protocol_port: 80, subnet_id: subnet.id }));
    const made = await red.octavia('POST', `${lbaas}/loadbalancers`, {
      loadbalancer: {
        name: 'kube_service_c_default_web',
        vip_port_id: port.id,
        tags: ['kube_service_c_default_web'],
        listeners: [
          {
            name: 'listener_0',
            protocol: 'TCP',
            protocol_port: 8080,
            connection_limit: -1,
            allowed_cidrs: ['0.0.0.0/0'],
            default_pool: {
              name: 'pool_0',
              protocol: 'TCP',
              lb_algorithm: 'ROUND_ROBIN',
              members,
              healthmonitor: monitor,
            },
          },
        ],
      },
    });
    expect([made.status, made.body.faultstring]).toEqual([201, undefined]);
    const lb = made.body.loadbalancer;
    expect(lb).toMatchObject({ vip_port_id: port.id, vip_address: port.fixed_ips[0].ip_address });
    await settled(lb.id);
    const found = (await red.octavia('GET', `${lbaas}/loadbalancers?name=${lb.name}`)).body.loadbalancers;
    expect(found).toHaveLength(1);
    const { listeners } = (await red.octavia('GET', `${lbaas}/listeners?loadbalancer_id=${lb.id}`)).body;
    const { pools } = (await red.octavia('GET', `${lbaas}/pools?loadbalancer_id=${lb.id}`)).body;
    expect(listeners).toMatchObject([
      { name: 'listener_0', provisioning_status: 'ACTIVE', default_pool_id: pools[0].id },
    ]);
    expect(pools).toMatchObject([{ name: 'pool_0', listeners: [{ id: listeners[0].id }], members: [{}, {}] }]);
    expect(await client.get(`http://${lb.vip_address}:8080/name`)).toMatch(/^(one|two)$/);
    expect((await blue.octavia('GET', `${lbaas}/loadbalancers/${lb.id}`)).status).toBe(403);
    expect((await blue.octavia('GET', `${lbaas}/loadbalancers`)).body.loadbalancers).toEqual([]);
    const taken = await red.octavia('POST', `${lbaas}/loadbalancers`, { loadbalancer: { vip_port_id: port.id } });
    expect(taken.status).toBe(400);
    expect((await red.octavia('DELETE', `${lbaas}/loadbalancers/${lb.id}?cascade=true`)).status).toBe(204);
    await gone(lb.id);
    // A port that was there before stays, free for the next one.
    expect((await red.neutron('GET', `/v2.0/ports/${port.id}`)).body.port).toMatchObject({
      device_id: '',
      device_owner: '',
    });
    await red.neutron('DELETE', `/v2.0/ports/${port.id}`);
  });

  it('is refused where something is missing, unknown or beyond this provider, and makes nothing', async () => {
    const post = async (path: string, json: object) => {
      const answer = await red.octavia('POST', `${lbaas}/${path}`, json);
      expect(answer.body).toEqual({ faultcode: expect.any(String), faultstring: expect.any(String), debuginfo: null });
      return answer.status;
    };
    const absent = '00000000-0000-4000-8000-000000000000';
    const lb = async (fields: object): Promise<number> => await post('loadbalancers', { loadbalancer: fields });
    expect(await lb({ name: 'x' })).toBe(400);
    expect(await lb({ vip_subnet_id: absent })).toBe(400);
    expect(await lb({ vip_subnet_id: subnet.id, vip_address: '10.9.9.9' })).toBe(400);
    expect(await lb({ vip_subnet_id: subnet.id, vip_address: 'here' })).toBe(400);
    expect(await lb({ vip_subnet_id: subnet.id, vip_address: one.address })).toBe(409);
    expect(await lb({ vip_subnet_id: subnet.id, provider: 'f5' })).toBe(400);
    expect(await lb({ vip_subnet_id: subnet.id, colour: 'red' })).toBe(400);
    const sctp = [{ protocol: 'SCTP', protocol_port: 53 }];
    expect(await lb({ vip_subnet_id: subnet.id, listeners: sctp })).toBe(501);
    expect(await post('listeners', { listener: { loadbalancer_id: absent, protocol: 'TCP', protocol_port: 1 } })).toBe(
      404,
    );
    expect(await post('listeners', { listener: { protocol: 'TCP', protocol_port: 1 } })).toBe(400);
    expect((await red.octavia('GET', `${lbaas}/loadbalancers`)).body.loadbalancers).toEqual([]);
    const owner = (await red.neutron('GET', '/v2.0/ports?device_owner=Octavia')).body.ports;
    expect(owner).toEqual([]);
  });
});
