import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { startTestCloud, type TestCloud } from '../testing/instance.ts';
import { adminTenant, makeTenant, type Tenant } from '../testing/tenant.ts';

let cloud: TestCloud;
let admin: Tenant;
let red: Tenant;
let blue: Tenant;

beforeAll(async () => {
  cloud = await startTestCloud('pnn', 20);
  admin = await adminTenant(cloud);
  red = await makeTenant(cloud, 'red');
  blue = await makeTenant(cloud, 'blue');
});
afterAll(async () => await cloud?.purge());

const names = (list: readonly { readonly name: string }[]): readonly string[] => list.map(({ name }) => name);

describe('versions and extensions', () => {
  it('are what clients follow', async () => {
    const root = await cloud.call('neutron', 'GET', '/');
    expect(root.status).toBe(200);
    expect(root.body.versions).toEqual([
      {
        id: 'v2.0',
        status: 'CURRENT',
        links: [{ rel: 'self', href: expect.stringMatching(/^http:\/\/172\.28\.20\.1:9696\/v2\.0\/$/) }],
      },
    ]);
    expect((await cloud.call('neutron', 'GET', '/v2.0/')).status).toBe(401);
    expect((await red.neutron('GET', '/v2.0/')).body.resources).toHaveLength(3);
    const { extensions } = (await red.neutron('GET', '/v2.0/extensions')).body;
    const aliases = extensions.map((extension: { alias: string }) => extension.alias);
    for (const alias of ['router', 'security-group', 'extraroute', 'standard-attr-tag', 'allowed-address-pairs'])
      expect(aliases).toContain(alias);
    expect(aliases).not.toContain('trunk');
    expect((await red.neutron('GET', '/v2.0/extensions/router')).body.extension.alias).toBe('router');
    expect((await red.neutron('GET', '/v2.0/extensions/trunk')).status).toBe(404);
  });

  it('name the zone and the agents', async () => {
    const zones = (await red.neutron('GET', '/v2.0/availability_zones?resource=router')).body.availability_zones;
    expect(zones).toEqual([{ name: 'nova', resource: 'router', state: 'available' }]);
    expect((await red.neutron('GET', '/v2.0/agents')).body).toEqual({ agents: [] });
    const { agents } = (await admin.neutron('GET', '/v2.0/agents')).body;
    expect(agents.map((agent: { alive: boolean }) => agent.alive)).toEqual([true, true]);
  });
});

describe('networks', () => {
  it('have the provider network from the start', async () => {
    const { networks } = (await red.neutron('GET', '/v2.0/networks?router:external=True&name=public')).body;
    expect(networks).toHaveLength(1);
    expect(networks[0]).toMatchObject({ 'router:external': true, shared: false, status: 'ACTIVE', mtu: 1500 });
    const subnet = (await red.neutron('GET', `/v2.0/subnets/${networks[0].subnets[0]}`)).body.subnet;
    expect(subnet).toMatchObject({
      cidr: '172.28.20.0/24',
      gateway_ip: '172.28.20.1',
      enable_dhcp: false,
      allocation_pools: [{ start: '172.28.20.2', end: '172.28.20.254' }],
    });
    await cloud.restart();
    expect((await red.neutron('GET', '/v2.0/networks?name=public')).body.networks).toEqual(networks);
  });

  it('belong to a project; others get the same 404 as for an absent one', async () => {
    const network = await red.make('network', { name: 'mine', description: 'd', mtu: 1400 });
    expect(network).toMatchObject({
      name: 'mine',
      description: 'd',
      mtu: 1400,
      project_id: red.projectId,
      tenant_id: red.projectId,
      admin_state_up: true,
      port_security_enabled: true,
      'router:external': false,
      subnets: [],
      tags: [],
      revision_number: 1,
    });
    const foreign = await blue.neutron('GET', `/v2.0/networks/${network.id}`);
    expect(foreign.status).toBe(404);
    expect(foreign.body).toEqual({
      NeutronError: { type: 'NetworkNotFound', message: `Network ${network.id} could not be found.`, detail: '' },
    });
    expect((await blue.neutron('DELETE', `/v2.0/networks/${network.id}`)).status).toBe(404);
    expect((await blue.neutron('GET', '/v2.0/networks?name=mine')).body.networks).toEqual([]);
    expect((await admin.neutron('GET', '/v2.0/networks?name=mine')).body.networks).toHaveLength(1);
    const renamed = await red.neutron('PUT', `/v2.0/networks/${network.id}`, { network: { name: 'new' } });
    expect(renamed.body.network).toMatchObject({ name: 'new', mtu: 1400, revision_number: 2 });
    expect((await red.neutron('DELETE', `/v2.0/networks/${network.id}`)).status).toBe(204);
    expect((await red.neutron('DELETE', `/v2.0/networks/${network.id}`)).status).toBe(404);
  });

  it('leave "shared" and "external" to the administrator', async () => {
    const refused = await red.neutron('POST', '/v2.0/networks', { network: { name: 'x', 'router:external': true } });
    expect(refused.status).toBe(403);
    expect(refused.body.NeutronError.type).toBe('PolicyNotAuthorized');
    const shared = await admin.make('network', { name: 'everybodys', shared: true });
    expect(names((await red.neutron('GET', '/v2.0/networks?shared=true')).body.networks)).toEqual(['everybodys']);
    expect((await red.neutron('DELETE', `/v2.0/networks/${shared.id}`)).status).toBe(404);
    const other = await red.neutron('POST', '/v2.0/networks', { network: { project_id: blue.projectId } });
    expect(other.status).toBe(400);
    await admin.neutron('DELETE', `/v2.0/networks/${shared.id}`);
  });

  it('take a change that names its revision only while that is the current one', async () => {
    const network = await red.make('network', { name: 'a' });
    const path = `/v2.0/networks/${network.id}`;
    const put = async (match: string, name: string) =>
      await cloud.call('neutron', 'PUT', path, {
        token: red.token,
        headers: { 'if-match': match },
        json: { network: { name } },
      });
    expect((await put('revision_number=1', 'b')).body.network).toMatchObject({ name: 'b', revision_number: 2 });
    const late = await put('revision_number=1', 'c');
    expect([late.status, late.body.NeutronError]).toEqual([
      412,
      { type: 'HTTPPreconditionFailed', message: 'Constrained to 1, but current revision is 2', detail: '' },
    ]);
    expect((await put('revision_number=one', 'c')).status).toBe(400);
    expect((await red.neutron('GET', path)).body.network.name).toBe('b');
    await red.neutron('DELETE', path);
  });

  it('come in pages, sorted, filtered and reduced to fields', async () => {
    const made = await red.neutron('POST', '/v2.0/networks', {
      networks: ['p3', 'p1', 'p2', 'p5', 'p4'].map((name) => ({ name, description: 'paged' })),
    });
    expect(made.status).toBe(201);
    expect(names(made.body.networks)).toEqual(['p3', 'p1', 'p2', 'p5', 'p4']);
    const seen: string[] = [];
    let path: string | undefined =
      '/v2.0/networks?description=paged&limit=2&sort_key=name&sort_dir=desc&fields=name&fields=id';
    for (let page = 0; path !== undefined && page < 9; page += 1) {
      const { body } = await red.neutron('GET', path);
      expect(body.networks.length).toBeLessThanOrEqual(2);
      for (const network of body.networks) {
        expect(Object.keys(network).toSorted()).toEqual(['id', 'name']);
        seen.push(network.name);
      }
      const next: string | undefined = body.networks_links?.find((link: { rel: string }) => link.rel === 'next')?.href;
      path = next === undefined ? undefined : next.slice(next.indexOf('/v2.0'));
    }
    expect(seen).toEqual(['p5', 'p4', 'p3', 'p2', 'p1']);
    expect(names((await red.neutron('GET', '/v2.0/networks?name=p1&name=p2')).body.networks)).toEqual(['p1', 'p2']);
    const [first] = made.body.networks;
    expect(names((await red.neutron('GET', `/v2.0/networks?id=${first.id}`)).body.networks)).toEqual(['p3']);
    for (const network of made.body.networks)
      expect((await red.neutron('DELETE', `/v2.0/networks/${network.id}`)).status).toBe(204);
  });

  it('refuse what is no request', async () => {
    const answer = await red.neutron('POST', '/v2.0/networks', { net: {} });
    expect(answer.status).toBe(400);
    expect(answer.body.NeutronError.message).toBe("Unable to find 'network' in request body");
    expect((await red.neutron('POST', '/v2.0/networks', { network: { mtu: 'big' } })).status).toBe(400);
    expect((await red.neutron('GET', '/v2.0/nothing')).body.NeutronError.type).toBe('HTTPNotFound');
    expect((await cloud.call('neutron', 'GET', '/v2.0/networks', {})).status).toBe(401);
    expect((await cloud.call('neutron', 'GET', '/v2.0/networks', { token: 'bad' })).status).toBe(401);
  });
});

describe('subnets', () => {
  it('get gateway, pools and a DHCP port of their own', async () => {
    const network = await red.make('network', { name: 'n' });
    const subnet = await red.make('subnet', {
      network_id: network.id,
      cidr: '10.6.0.0/24',
      ip_version: 4,
      dns_nameservers: ['9.9.9.9'],
      host_routes: [{ destination: '10.99.0.0/16', nexthop: '10.6.0.9' }],
    });
    expect(subnet).toMatchObject({
      cidr: '10.6.0.0/24',
      ip_version: 4,
      gateway_ip: '10.6.0.1',
      enable_dhcp: true,
      allocation_pools: [{ start: '10.6.0.2', end: '10.6.0.254' }],
      dns_nameservers: ['9.9.9.9'],
      host_routes: [{ destination: '10.99.0.0/16', nexthop: '10.6.0.9' }],
    });
    const owner = encodeURIComponent('network:dhcp');
    const dhcp = (await red.neutron('GET', `/v2.0/ports?network_id=${network.id}&device_owner=${owner}`)).body.ports;
    expect(dhcp).toHaveLength(1);
    expect(dhcp[0].fixed_ips).toEqual([{ subnet_id: subnet.id, ip_address: '10.6.0.2' }]);
    expect(
      (await red.neutron('GET', `/v2.0/subnets?cidr=10.6.0.0/24&network_id=${network.id}`)).body.subnets,
    ).toHaveLength(1);
    expect((await blue.neutron('GET', `/v2.0/subnets/${subnet.id}`)).status).toBe(404);
    const port = await red.make('port', { network_id: network.id });
    const busy = await red.neutron('DELETE', `/v2.0/subnets/${subnet.id}`);
    expect([busy.status, busy.body.NeutronError.type]).toEqual([409, 'SubnetInUse']);
    const used = await red.neutron('DELETE', `/v2.0/networks/${network.id}`);
    expect([used.status, used.body.NeutronError.type]).toEqual([409, 'NetworkInUse']);
    expect((await red.neutron('DELETE', `/v2.0/ports/${port.id}`)).status).toBe(204);
    expect((await red.neutron('DELETE', `/v2.0/subnets/${subnet.id}`)).status).toBe(204);
    expect((await red.neutron('GET', `/v2.0/ports?network_id=${network.id}`)).body.ports).toEqual([]);
    expect((await red.neutron('DELETE', `/v2.0/networks/${network.id}`)).status).toBe(204);
  });

  it('refuse overlaps and nonsense', async () => {
    const network = await red.make('network', { name: 'n' });
    const post = async (fields: object) =>
      await red.neutron('POST', '/v2.0/subnets', { subnet: { network_id: network.id, ...fields } });
    expect((await post({ cidr: '10.7.0.0/16', ip_version: 4 })).status).toBe(201);
    expect((await post({ cidr: '10.7.3.0/24', ip_version: 4 })).body.NeutronError.message).toMatch(/overlaps/);
    expect((await post({ cidr: 'ten', ip_version: 4 })).status).toBe(400);
    expect((await post({ cidr: 'fd00::/64', ip_version: 6 })).status).toBe(400);
    const pools = [{ start: '10.9.0.1', end: '10.9.0.9' }];
    expect((await post({ cidr: '10.8.0.0/16', allocation_pools: pools })).body.NeutronError.type).toBe(
      'InvalidAllocationPool',
    );
    await red.neutron('DELETE', `/v2.0/networks/${network.id}`);
    expect((await red.neutron('GET', '/v2.0/subnets?cidr=10.7.0.0/16')).body.subnets).toEqual([]);
  });
});

describe('ports', () => {
  let network: { readonly id: string };
  let subnet: { readonly id: string };
  beforeAll(async () => {
    network = await red.make('network', { name: 'ports' });
    subnet = await red.make('subnet', { network_id: network.id, cidr: '10.5.0.0/29', ip_version: 4 });
  });

  it('get address, MAC and the default group', async () => {
    const port = await red.make('port', { network_id: network.id, name: 'p', tags: ['a', 'b'] });
    expect(port).toMatchObject({
      name: 'p',
      status: 'DOWN',
      device_id: '',
      device_owner: '',
      fixed_ips: [{ subnet_id: subnet.id, ip_address: '10.5.0.3' }],
      port_security_enabled: true,
      allowed_address_pairs: [],
      tags: ['a', 'b'],
      'binding:vnic_type': 'normal',
    });
    expect(port.mac_address).toMatch(/^fa:16:3e(:[0-9a-f]{2}){3}$/);
    const groups = (await red.neutron('GET', `/v2.0/security-groups?id=${port.security_groups[0]}`)).body
      .security_groups;
    expect(names(groups)).toEqual(['default']);
    const by = async (query: string): Promise<number> =>
      (await red.neutron('GET', `/v2.0/ports?name=p&${query}`)).body.ports.length;
    expect(await by(`fixed_ips=${encodeURIComponent('ip_address=10.5.0.3')}`)).toBe(1);
    expect(await by(`fixed_ips=${encodeURIComponent('ip_address=10.5.0.4')}`)).toBe(0);
    expect(await by(`fixed_ips=${encodeURIComponent(`subnet_id=${subnet.id}`)}`)).toBe(1);
    expect(await by(`security_groups=${groups[0].id}`)).toBe(1);
    expect(await by('tags=a,b')).toBe(1);
    expect(await by('tags=a,c')).toBe(0);
    expect(await by('tags-any=a,c')).toBe(1);
    expect(await by('not-tags-any=a,c')).toBe(0);
    expect(await by('device_id=')).toBe(1);
    await red.neutron('DELETE', `/v2.0/ports/${port.id}`);
  });

  it('take the wanted address, refuse a taken one, and run out', async () => {
    const body = (ip_address: string) => ({ port: { network_id: network.id, fixed_ips: [{ ip_address }] } });
    const wanted = await red.neutron('POST', '/v2.0/ports', body('10.5.0.6'));
    expect(wanted.body.port.fixed_ips).toEqual([{ subnet_id: subnet.id, ip_address: '10.5.0.6' }]);
    const taken = await red.neutron('POST', '/v2.0/ports', body('10.5.0.6'));
    expect([taken.status, taken.body.NeutronError.type]).toEqual([409, 'IpAddressInUse']);
    const outside = await red.neutron('POST', '/v2.0/ports', body('10.77.0.6'));
    expect([outside.status, outside.body.NeutronError.type]).toEqual([400, 'InvalidIpForNetwork']);
    const rest = await red.neutron('POST', '/v2.0/ports', {
      ports: ['3', '4', '5'].map((name) => ({ name, network_id: network.id })),
    });
    expect(rest.status).toBe(201);
    const full = await red.neutron('POST', '/v2.0/ports', { port: { network_id: network.id } });
    expect([full.status, full.body.NeutronError.type]).toEqual([409, 'IpAddressGenerationFailure']);
    for (const port of [...rest.body.ports, wanted.body.port]) await red.neutron('DELETE', `/v2.0/ports/${port.id}`);
  });

  it('change groups, address pairs and addresses, and belong to their project', async () => {
    const port = await red.make('port', { network_id: network.id });
    const group = await red.make('security_group', { name: 'g' });
    const path = `/v2.0/ports/${port.id}`;
    const changed = await red.neutron('PUT', path, {
      port: {
        security_groups: [group.id],
        allowed_address_pairs: [{ ip_address: '10.50.0.0/16' }],
        fixed_ips: [{ subnet_id: subnet.id, ip_address: '10.5.0.5' }],
      },
    });
    expect(changed.body.port).toMatchObject({
      security_groups: [group.id],
      allowed_address_pairs: [{ ip_address: '10.50.0.0/16' }],
      fixed_ips: [{ ip_address: '10.5.0.5' }],
    });
    expect((await blue.neutron('GET', path)).status).toBe(404);
    expect((await blue.neutron('PUT', path, { port: { name: 'x' } })).status).toBe(404);
    const foreign = await blue.make('security_group', { name: 'theirs' });
    const refused = await red.neutron('PUT', path, { port: { security_groups: [foreign.id] } });
    expect([refused.status, refused.body.NeutronError.type]).toEqual([404, 'SecurityGroupNotFound']);
    const busy = await red.neutron('DELETE', `/v2.0/security-groups/${group.id}`);
    expect([busy.status, busy.body.NeutronError.type]).toEqual([409, 'SecurityGroupInUse']);
    expect((await red.neutron('DELETE', path)).status).toBe(204);
    expect((await red.neutron('DELETE', `/v2.0/security-groups/${group.id}`)).status).toBe(204);
  });
});
