import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { startTestCloud, type TestCloud } from '../testing/instance.ts';
import { adminTenant, makeTenant, type Tenant } from '../testing/tenant.ts';

let cloud: TestCloud;
let admin: Tenant;
let red: Tenant;
let blue: Tenant;
let publicId: string;

beforeAll(async () => {
  cloud = await startTestCloud('pnr', 21);
  admin = await adminTenant(cloud);
  red = await makeTenant(cloud, 'red');
  blue = await makeTenant(cloud, 'blue');
  publicId = (await red.neutron('GET', '/v2.0/networks?name=public')).body.networks[0].id;
});
afterAll(async () => await cloud?.purge());

async function makeSubnet(tenant: Tenant, cidr: string) {
  const network = await tenant.make('network', { name: cidr });
  return await tenant.make('subnet', { network_id: network.id, cidr, ip_version: 4 });
}
const put = async (tenant: Tenant, router: { id: string }, action: string, json: object) =>
  await tenant.neutron('PUT', `/v2.0/routers/${router.id}/${action}`, json);
const problem = (answer: { status: number; body: { NeutronError?: { type: string } } }): readonly unknown[] => [
  answer.status,
  answer.body.NeutronError?.type,
];

describe('routers', () => {
  it('get a gateway with an address, legs in subnets, and end when empty', async () => {
    const subnet = await makeSubnet(red, '10.1.0.0/24');
    const router = await red.make('router', { name: 'r', external_gateway_info: { network_id: publicId } });
    expect(router).toMatchObject({
      status: 'ACTIVE',
      admin_state_up: true,
      routes: [],
      external_gateway_info: {
        network_id: publicId,
        enable_snat: true,
        external_fixed_ips: [{ ip_address: expect.stringMatching(/^172\.28\.21\.\d+$/) }],
      },
    });
    expect(router).not.toHaveProperty('ha');
    const added = await put(red, router, 'add_router_interface', { subnet_id: subnet.id });
    expect(added.status).toBe(200);
    expect(added.body).toMatchObject({
      id: router.id,
      subnet_id: subnet.id,
      subnet_ids: [subnet.id],
      network_id: subnet.network_id,
    });
    const ports = (await red.neutron('GET', `/v2.0/ports?device_id=${router.id}`)).body.ports;
    // The gateway's port is nobody's.
    expect(ports).toHaveLength(1);
    expect(ports[0]).toMatchObject({
      id: added.body.port_id,
      device_owner: 'network:router_interface',
      fixed_ips: [{ subnet_id: subnet.id, ip_address: '10.1.0.1' }],
    });
    expect((await admin.neutron('GET', `/v2.0/ports?device_id=${router.id}`)).body.ports).toHaveLength(2);
    expect(problem(await put(red, router, 'add_router_interface', { subnet_id: subnet.id }))).toEqual([
      400,
      'BadRequest',
    ]);
    expect(problem(await red.neutron('DELETE', `/v2.0/ports/${added.body.port_id}`))).toEqual([
      409,
      'ServicePortInUse',
    ]);
    expect(problem(await red.neutron('DELETE', `/v2.0/routers/${router.id}`))).toEqual([409, 'RouterInUse']);
    expect(problem(await red.neutron('DELETE', `/v2.0/networks/${subnet.network_id}`))).toEqual([409, 'NetworkInUse']);
    expect((await put(red, router, 'remove_router_interface', { subnet_id: subnet.id })).status).toBe(200);
    expect(problem(await put(red, router, 'remove_router_interface', { subnet_id: subnet.id }))).toEqual([
      404,
      'RouterInterfaceNotFoundForSubnet',
    ]);
    expect((await red.neutron('DELETE', `/v2.0/routers/${router.id}`)).status).toBe(204);
    expect((await admin.neutron('GET', `/v2.0/ports?device_id=${router.id}`)).body.ports).toEqual([]);
    expect(problem(await red.neutron('GET', `/v2.0/routers/${router.id}`))).toEqual([404, 'RouterNotFound']);
    expect((await red.neutron('DELETE', `/v2.0/networks/${subnet.network_id}`)).status).toBe(204);
  });

  it('take a leg by port, refuse overlaps and foreign subnets', async () => {
    const [one, same, other] = [
      await makeSubnet(red, '10.1.0.0/24'),
      await makeSubnet(red, '10.1.0.128/25'),
      await makeSubnet(red, '10.2.0.0/24'),
    ];
    const theirs = await makeSubnet(blue, '10.3.0.0/24');
    const router = await red.make('router', { name: 'r' });
    expect(router.external_gateway_info).toBeNull();
    const port = await red.make('port', { network_id: one.network_id, fixed_ips: [{ ip_address: '10.1.0.77' }] });
    const added = await put(red, router, 'add_router_interface', { port_id: port.id });
    expect(added.body).toMatchObject({ port_id: port.id, subnet_id: one.id });
    expect(problem(await put(red, router, 'add_router_interface', { port_id: port.id }))).toEqual([409, 'PortInUse']);
    const overlap = await put(red, router, 'add_router_interface', { subnet_id: same.id });
    expect(problem(overlap)).toEqual([400, 'BadRequest']);
    expect(overlap.body.NeutronError.message).toMatch(/overlaps with cidr 10\.1\.0\.0\/24/);
    expect(problem(await put(red, router, 'add_router_interface', { subnet_id: theirs.id }))).toEqual([
      404,
      'SubnetNotFound',
    ]);
    expect(problem(await put(blue, router, 'add_router_interface', { subnet_id: theirs.id }))).toEqual([
      404,
      'RouterNotFound',
    ]);
    expect(problem(await put(red, router, 'add_router_interface', {}))).toEqual([400, 'BadRequest']);
    expect(problem(await put(red, router, 'remove_router_interface', { port_id: theirs.id }))).toEqual([
      404,
      'RouterInterfaceNotFound',
    ]);
    expect((await put(red, router, 'add_router_interface', { subnet_id: other.id })).status).toBe(200);
    expect((await put(red, router, 'remove_router_interface', { port_id: port.id })).status).toBe(200);
    // The port goes with the leg, also one that somebody made before.
    expect((await red.neutron('GET', `/v2.0/ports/${port.id}`)).status).toBe(404);
    await put(red, router, 'remove_router_interface', { subnet_id: other.id });
    await red.neutron('DELETE', `/v2.0/routers/${router.id}`);
    for (const subnet of [one, same, other]) await red.neutron('DELETE', `/v2.0/networks/${subnet.network_id}`);
  });

  it('keep routes whose next hop they reach', async () => {
    const subnet = await makeSubnet(red, '10.4.0.0/24');
    const router = await red.make('router', { name: 'r' });
    await put(red, router, 'add_router_interface', { subnet_id: subnet.id });
    const [a, b] = [
      { destination: '10.100.1.0/24', nexthop: '10.4.0.11' },
      { destination: '10.100.2.0/24', nexthop: '10.4.0.12' },
    ];
    const set = async (routes: unknown) =>
      await red.neutron('PUT', `/v2.0/routers/${router.id}`, { router: { routes } });
    expect((await set([a])).body.router.routes).toEqual([a]);
    expect(problem(await set([{ destination: '10.0.0.0/8', nexthop: '1.2.3.4' }]))).toEqual([400, 'InvalidRoutes']);
    expect(problem(await set([{ destination: '10.0.0.0/8', nexthop: '10.4.0.1' }]))).toEqual([400, 'InvalidRoutes']);
    const more = await put(red, router, 'add_extraroutes', { router: { routes: [a, b] } });
    expect(more.body.router.routes).toEqual([a, b]);
    expect(problem(await put(red, router, 'remove_router_interface', { subnet_id: subnet.id }))).toEqual([
      409,
      'RouterInterfaceInUseByRoute',
    ]);
    const less = await put(red, router, 'remove_extraroutes', { router: { routes: [a, b] } });
    expect(less.body.router.routes).toEqual([]);
    expect((await put(red, router, 'remove_router_interface', { subnet_id: subnet.id })).status).toBe(200);
    await red.neutron('DELETE', `/v2.0/routers/${router.id}`);
    await red.neutron('DELETE', `/v2.0/networks/${subnet.network_id}`);
  });

  it('lose and change the gateway; its particulars are the administrator’s', async () => {
    const router = await red.make('router', { name: 'r', external_gateway_info: { network_id: publicId } });
    const set = async (tenant: Tenant, external_gateway_info: unknown) =>
      await tenant.neutron('PUT', `/v2.0/routers/${router.id}`, { router: { external_gateway_info } });
    expect((await set(red, {})).body.router.external_gateway_info).toBeNull();
    expect(problem(await set(red, { network_id: publicId, enable_snat: false }))).toEqual([403, 'PolicyNotAuthorized']);
    const fixed = { network_id: publicId, enable_snat: false, external_fixed_ips: [{ ip_address: '172.28.21.200' }] };
    expect((await set(admin, fixed)).body.router.external_gateway_info).toMatchObject({
      enable_snat: false,
      external_fixed_ips: [{ ip_address: '172.28.21.200' }],
    });
    // A request that does not speak of SNAT leaves it.
    expect((await set(red, { network_id: publicId })).body.router.external_gateway_info).toMatchObject({
      enable_snat: false,
      external_fixed_ips: [{ ip_address: '172.28.21.200' }],
    });
    const inside = await red.make('network', { name: 'inside' });
    expect(problem(await set(red, { network_id: inside.id }))).toEqual([400, 'BadRequest']);
    const absent = '00000000-0000-4000-8000-000000000000';
    expect(problem(await set(red, { network_id: absent }))).toEqual([404, 'NetworkNotFound']);
    await red.neutron('DELETE', `/v2.0/routers/${router.id}`);
    await red.neutron('DELETE', `/v2.0/networks/${inside.id}`);
  });
});

describe('floating IPs', () => {
  it('follow a port behind a router, and come back when it goes', async () => {
    const subnet = await makeSubnet(red, '10.5.0.0/24');
    const port = await red.make('port', { network_id: subnet.network_id, name: 'inside' });
    const alone = await red.neutron('POST', '/v2.0/floatingips', {
      floatingip: { floating_network_id: publicId, port_id: port.id },
    });
    expect(problem(alone)).toEqual([404, 'ExternalGatewayForFloatingIPNotFound']);
    expect((await red.neutron('GET', '/v2.0/floatingips')).body.floatingips).toEqual([]);
    const router = await red.make('router', { name: 'r', external_gateway_info: { network_id: publicId } });
    await put(red, router, 'add_router_interface', { subnet_id: subnet.id });

    const made = await red.make('floatingip', { floating_network_id: publicId, description: 'for me' });
    expect(made).toMatchObject({
      status: 'DOWN',
      port_id: null,
      fixed_ip_address: null,
      router_id: null,
      description: 'for me',
      floating_ip_address: expect.stringMatching(/^172\.28\.21\.\d+$/),
    });
    const path = `/v2.0/floatingips/${made.id}`;
    const set = async (floatingip: object) => await red.neutron('PUT', path, { floatingip });
    expect((await set({ port_id: port.id })).body.floatingip).toMatchObject({
      status: 'ACTIVE',
      port_id: port.id,
      fixed_ip_address: '10.5.0.3',
      router_id: router.id,
      port_details: { name: 'inside' },
    });
    expect((await red.neutron('GET', `/v2.0/floatingips?port_id=${port.id}`)).body.floatingips).toHaveLength(1);
    expect(
      (await red.neutron('GET', `/v2.0/floatingips?floating_ip_address=${made.floating_ip_address}`)).body.floatingips,
    ).toHaveLength(1);
    expect((await blue.neutron('GET', path)).status).toBe(404);
    expect((await blue.neutron('GET', '/v2.0/floatingips')).body.floatingips).toEqual([]);

    const second = await red.make('floatingip', { floating_network_id: publicId });
    const twice = await red.neutron('PUT', `/v2.0/floatingips/${second.id}`, { floatingip: { port_id: port.id } });
    expect(problem(twice)).toEqual([409, 'FloatingIPPortAlreadyAssociated']);
    expect((await red.neutron('DELETE', `/v2.0/floatingips/${second.id}`)).status).toBe(204);
    expect(problem(await put(red, router, 'remove_router_interface', { subnet_id: subnet.id }))).toEqual([
      409,
      'RouterInterfaceInUseByFloatingIP',
    ]);
    const gone = await red.neutron('PUT', `/v2.0/routers/${router.id}`, { router: { external_gateway_info: null } });
    expect(problem(gone)).toEqual([409, 'RouterExternalGatewayInUseByFloatingIp']);

    expect((await set({ description: 'new' })).body.floatingip).toMatchObject({ description: 'new', port_id: port.id });
    expect((await set({ port_id: null })).body.floatingip).toMatchObject({
      status: 'DOWN',
      port_id: null,
      router_id: null,
    });
    await set({ port_id: port.id, fixed_ip_address: '10.5.0.3' });
    await red.neutron('DELETE', `/v2.0/ports/${port.id}`);
    expect((await red.neutron('GET', path)).body.floatingip).toMatchObject({ port_id: null, fixed_ip_address: null });
    expect((await red.neutron('DELETE', path)).status).toBe(204);
    expect(problem(await red.neutron('DELETE', path))).toEqual([404, 'FloatingIPNotFound']);
    await put(red, router, 'remove_router_interface', { subnet_id: subnet.id });
    await red.neutron('DELETE', `/v2.0/routers/${router.id}`);
    await red.neutron('DELETE', `/v2.0/networks/${subnet.network_id}`);
    const owner = encodeURIComponent('network:floatingip');
    expect((await admin.neutron('GET', `/v2.0/ports?device_owner=${owner}`)).body.ports).toEqual([]);
  });

  it('are of external networks only, within the quota, and not of a chosen address', async () => {
    const inside = await red.make('network', { name: 'inside' });
    const post = async (fields: object) => await red.neutron('POST', '/v2.0/floatingips', { floatingip: fields });
    expect(problem(await post({ floating_network_id: inside.id }))).toEqual([400, 'BadRequest']);
    expect((await post({})).status).toBe(400);
    const chosen = { floating_network_id: publicId, floating_ip_address: '172.28.21.99' };
    expect(problem(await post(chosen))).toEqual([403, 'PolicyNotAuthorized']);
    const given = await admin.make('floatingip', { ...chosen, project_id: red.projectId });
    expect(given).toMatchObject({ floating_ip_address: '172.28.21.99', project_id: red.projectId });
    const quota = await admin.neutron('PUT', `/v2.0/quotas/${red.projectId}`, { quota: { floatingip: 1 } });
    expect(quota.body.quota.floatingip).toBe(1);
    expect(problem(await post({ floating_network_id: publicId }))).toEqual([409, 'OverQuota']);
    await admin.neutron('DELETE', `/v2.0/quotas/${red.projectId}`);
    expect((await red.neutron('DELETE', `/v2.0/floatingips/${given.id}`)).status).toBe(204);
  });
});
