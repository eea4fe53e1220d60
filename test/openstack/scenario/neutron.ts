import type { Answer, Caller } from '../recorder.ts';
import { absentId, type World } from './world.ts';

const v2 = '/v2.0';

/** Shorter ways to ask Neutron. */
function neutronOf(caller: Caller) {
  const ask = async (name: string, method: string, path: string, json?: unknown): Promise<Answer> =>
    await caller.ask('network', name, method, `${v2}${path}`, json === undefined ? {} : { json });
  return {
    get: async (name: string, path: string) => await ask(name, 'GET', path),
    post: async (name: string, path: string, json: unknown) => await ask(name, 'POST', path, json),
    put: async (name: string, path: string, json: unknown) => await ask(name, 'PUT', path, json),
    remove: async (name: string, path: string) => await ask(name, 'DELETE', path),
  };
}
type Neutron = ReturnType<typeof neutronOf>;

export async function neutron(world: World): Promise<void> {
  const { nobody } = world;
  await nobody.ask('network', 'list versions', 'GET', '/');
  await nobody.ask('network', 'list networks without a token', 'GET', `${v2}/networks`);
  const red = neutronOf(world.red);
  const blue = neutronOf(world.blue);
  const admin = neutronOf(world.admin);
  await red.get('show extension', '/extensions/router');
  await red.get('show absent extension', '/extensions/nonsense');
  await red.get('list availability zones', '/availability_zones');
  await red.get('list agents as a member', '/agents');
  await red.get('unknown path', '/nonsense');
  const networkId = await networks(red, blue);
  const subnetId = await subnets(red, networkId);
  await tags(red, networkId);
  const groupId = await securityGroups(red, blue);
  const portId = await ports(red, { networkId, subnetId, groupId });
  const routerId = await routers(red, { networkId, subnetId, publicId: world.publicId });
  await floatingIps(red, { publicId: world.publicId, portId });
  await subnetPools(red);
  await quotas(admin, red, world.red.projectId);
  await takeApart(red, { networkId, subnetId, groupId, portId, routerId });
}

async function networks(red: Neutron, blue: Neutron): Promise<string> {
  const make = async (name: string, json: unknown) => await red.post(name, '/networks', json);
  const made = await make('create network', { network: { name: 'scenario', description: 'd', admin_state_up: true } });
  await make('create networks in bulk', { networks: [{ name: 'bulk-1' }, { name: 'bulk-2' }] });
  await make('create networks in bulk with a fault', { networks: [{ name: 'bulk-3' }, { nonsense: 1 }] });
  await make('create network with an unknown attribute', { network: { name: 'x', nonsense: 1 } });
  await make('create network with a wrong type', { network: { name: 'x', admin_state_up: 'perhaps' } });
  await make('create network with a negative MTU', { network: { name: 'x', mtu: -1 } });
  await make('create network with a huge MTU', { network: { name: 'x', mtu: 100_000 } });
  await make('create external network as a member', { network: { name: 'x', 'router:external': true } });
  await make('create network for another project', { network: { name: 'x', tenant_id: absentId } });
  await make('create network without a body', {});
  await make('create network with broken JSON', '{"network":');
  const path = `/networks/${made.id}`;
  await red.get('show network', path);
  await red.get('show fields of a network', `${path}?fields=id&fields=mtu`);
  await red.get('list networks by name', '/networks?name=scenario');
  await red.get(
    'list networks by two names',
    '/networks?name=bulk-1&name=bulk-2&fields=name&sort_key=name&sort_dir=desc',
  );
  await red.get('list first network', '/networks?limit=1&sort_key=name&fields=name&name=bulk-1&name=bulk-2');
  await red.get('list with a wrong marker', `/networks?limit=1&marker=${absentId}`);
  await red.get('list with a wrong sort key', '/networks?sort_key=nonsense&sort_dir=asc');
  await red.get('list with an unknown filter', '/networks?nonsense=1&name=scenario');
  await red.get('list external networks', '/networks?router:external=true&fields=name&name=public');
  await red.get('show absent network', `/networks/${absentId}`);
  await blue.get('show a foreign network', path);
  await red.put('update network', path, { network: { name: 'scenario-2', mtu: 1400 } });
  await red.put('update read-only attribute of a network', path, { network: { status: 'DOWN' } });
  const bulk = await red.get('list bulk networks', '/networks?name=bulk-1&name=bulk-2');
  for (const [index, { id }] of (bulk.body.networks ?? []).entries())
    await red.remove(`delete a bulk network (${names[index]})`, `/networks/${id}`);
  return made.id;
}
const names = ['first', 'second'];

async function subnets(red: Neutron, networkId: string): Promise<string> {
  const given = { network_id: networkId, ip_version: 4, cidr: '10.71.0.0/24' };
  const make = async (name: string, fields: object) =>
    await red.post(name, '/subnets', { subnet: { ...given, ...fields } });
  const made = await make('create subnet', {
    name: 'scenario',
    dns_nameservers: ['9.9.9.9'],
    host_routes: [{ destination: '10.99.0.0/16', nexthop: '10.71.0.9' }],
    allocation_pools: [{ start: '10.71.0.10', end: '10.71.0.99' }],
  });
  await make('create overlapping subnet', { cidr: '10.71.0.128/25' });
  await make('create subnet with a broken network', { cidr: '10.71.0.0/99' });
  await make('create subnet with host bits', { cidr: '10.72.0.7/24' });
  await make('create subnet with a foreign gateway', { cidr: '10.72.0.0/24', gateway_ip: '10.73.0.1' });
  await make('create subnet with a pool outside', {
    cidr: '10.72.0.0/24',
    allocation_pools: [{ start: '10.73.0.2', end: '10.73.0.9' }],
  });
  await make('create subnet with a broken name server', { cidr: '10.72.0.0/24', dns_nameservers: ['nonsense'] });
  await make('create subnet in an absent network', { network_id: absentId, cidr: '10.72.0.0/24' });
  await make('create subnet of IP version 5', { cidr: '10.72.0.0/24', ip_version: 5 });
  await red.post('create subnet without a range', '/subnets', { subnet: { network_id: networkId, ip_version: 4 } });
  const path = `/subnets/${made.id}`;
  await red.get('show subnet', path);
  await red.get('list subnets of a network', `/subnets?network_id=${networkId}&fields=cidr`);
  await red.put('update subnet', path, { subnet: { dns_nameservers: ['1.1.1.1', '8.8.8.8'], host_routes: [] } });
  await red.put('update range of a subnet', path, { subnet: { cidr: '10.74.0.0/24' } });
  return made.id;
}

async function tags(red: Neutron, networkId: string): Promise<void> {
  const path = `/networks/${networkId}/tags`;
  await red.put('set tags', path, { tags: ['a', 'b'] });
  await red.get('list tags', path);
  await red.put('add tag', `${path}/c`, undefined);
  await red.get('show tag', `${path}/c`);
  await red.remove('remove tag', `${path}/c`);
  await red.remove('remove absent tag', `${path}/c`);
  await red.get('list networks by tags', '/networks?tags=a,b&fields=name');
  await red.get('list networks by any tag', '/networks?tags-any=b,z&fields=name');
  await red.put('set a long tag', path, { tags: ['x'.repeat(300)] });
  await red.put('set tags of an absent network', `/networks/${absentId}/tags`, { tags: ['a'] });
  await red.remove('remove all tags', path);
}

async function securityGroups(red: Neutron, blue: Neutron): Promise<string> {
  const make = async (name: string, json: unknown) => await red.post(name, '/security-groups', json);
  const made = await make('create security group', { security_group: { name: 'scenario', description: 'd' } });
  await make('create security group named default', { security_group: { name: 'default' } });
  const group = { security_group_id: made.id };
  const rule = async (name: string, fields: object) =>
    await red.post(name, '/security-group-rules', {
      security_group_rule: { ...group, direction: 'ingress', ...fields },
    });
  const tcp = { protocol: 'tcp', port_range_min: 80, port_range_max: 81, ethertype: 'IPv4' };
  const web = await rule('create rule', { ...tcp, remote_ip_prefix: '0.0.0.0/0', description: 'web' });
  await rule('create rule twice', { ...tcp, remote_ip_prefix: '0.0.0.0/0', description: 'web' });
  await rule('create rule of a remote group', { protocol: '112', remote_group_id: made.id });
  await rule('create rule of an absent group', { security_group_id: absentId });
  await rule('create rule of an absent remote group', { remote_group_id: absentId });
  await rule('create rule with ports but no protocol', { port_range_min: 1, port_range_max: 2 });
  await rule('create rule with ports upside down', { ...tcp, port_range_min: 90 });
  await rule('create rule with a port too high', { ...tcp, port_range_max: 70_000 });
  await rule('create rule with two remotes', { ...tcp, remote_ip_prefix: '0.0.0.0/0', remote_group_id: made.id });
  await rule('create rule with an unknown direction', { direction: 'sideways' });
  await rule('create rule with an unknown protocol', { protocol: 'nonsense' });
  await rule('create rule with a broken range', { remote_ip_prefix: '10.0.0.0/99' });
  await rule('create rule for ICMP', { protocol: 'icmp', port_range_min: 8, remote_ip_prefix: '10.0.0.0/8' });
  await red.get('show rule', `/security-group-rules/${web.id}`);
  await red.get('list rules of a group', `/security-group-rules?security_group_id=${made.id}`);
  await red.get('show security group', `/security-groups/${made.id}`);
  await blue.get('show a foreign security group', `/security-groups/${made.id}`);
  await red.get('list security groups by name', '/security-groups?name=default');
  await red.put('rename security group', `/security-groups/${made.id}`, { security_group: { name: 'scenario-2' } });
  await red.remove('delete rule', `/security-group-rules/${web.id}`);
  await red.remove('delete absent rule', `/security-group-rules/${web.id}`);
  const own = await red.get('list default group', '/security-groups?name=default&fields=id');
  await red.remove('delete default group', `/security-groups/${own.id}`);
  return made.id;
}

async function ports(red: Neutron, ids: { networkId: string; subnetId: string; groupId: string }): Promise<string> {
  const fixed = (address: string) => ({ fixed_ips: [{ subnet_id: ids.subnetId, ip_address: address }] });
  const make = async (name: string, fields: object) =>
    await red.post(name, '/ports', { port: { network_id: ids.networkId, ...fields } });
  const made = await make('create port', {
    name: 'scenario',
    ...fixed('10.71.0.44'),
    security_groups: [ids.groupId],
    allowed_address_pairs: [{ ip_address: '10.244.0.0/16' }],
    device_owner: 'compute:scenario',
  });
  await make('create port with a taken address', fixed('10.71.0.44'));
  await make('create port with a foreign address', fixed('10.99.0.4'));
  await make('create port in an absent network', { network_id: absentId });
  await make('create port with an absent group', { security_groups: [absentId] });
  await make('create port of an absent subnet', { fixed_ips: [{ subnet_id: absentId }] });
  await make('create port with a broken hardware address', { mac_address: 'nonsense' });
  await make('create open port with groups', { port_security_enabled: false, security_groups: [ids.groupId] });
  const open = await make('create open port', { port_security_enabled: false });
  await red.post('create ports in bulk', '/ports', {
    ports: [{ network_id: ids.networkId, name: 'bulk', fixed_ips: [] }],
  });
  const path = `/ports/${made.id}`;
  await red.get('show port', path);
  await red.get('list ports by address', `/ports?fixed_ips=ip_address%3D10.71.0.44&fields=name`);
  await red.get('list ports by owner', '/ports?device_owner=compute:scenario&fields=name');
  await red.get('list ports by group', `/ports?security_groups=${ids.groupId}&fields=name`);
  await red.put('update port', path, {
    port: { allowed_address_pairs: [{ ip_address: '10.245.0.0/16' }], description: 'new', dns_name: 'host' },
  });
  await red.put('update port without groups', path, { port: { security_groups: [] } });
  await red.put('update port with a group', path, { port: { security_groups: [ids.groupId] } });
  await red.put('disable security of a port with a group', path, { port: { port_security_enabled: false } });
  await red.remove('delete group in use', `/security-groups/${ids.groupId}`);
  await red.remove('delete subnet in use', `/subnets/${ids.subnetId}`);
  await red.remove('delete network in use', `/networks/${ids.networkId}`);
  await red.remove('delete port', `/ports/${open.id}`);
  const bulk = await red.get('list bulk ports', '/ports?name=bulk&fields=id');
  await red.remove('delete port of a list', `/ports/${bulk.id}`);
  await red.remove('delete absent port', `/ports/${absentId}`);
  return made.id;
}

async function routers(
  red: Neutron,
  { subnetId, publicId, networkId }: { networkId: string; subnetId: string; publicId: string },
): Promise<string> {
  const make = async (name: string, router: object) => await red.post(name, '/routers', { router });
  const made = await make('create router', { name: 'scenario', external_gateway_info: { network_id: publicId } });
  await make('create router to an absent network', { external_gateway_info: { network_id: absentId } });
  await make('create router to an inner network', { external_gateway_info: { network_id: networkId } });
  const path = `/routers/${made.id}`;
  await red.put('add interface without a body', `${path}/add_router_interface`, {});
  await red.put('add interface of an absent subnet', `${path}/add_router_interface`, { subnet_id: absentId });
  await red.put('add interface', `${path}/add_router_interface`, { subnet_id: subnetId });
  await red.put('add interface twice', `${path}/add_router_interface`, { subnet_id: subnetId });
  await red.get('show router', path);
  await red.get('list ports of a router', `/ports?device_id=${made.id}&device_owner=network:router_interface`);
  const routes = [{ destination: '10.88.0.0/16', nexthop: '10.71.0.44' }];
  await red.put('set routes', path, { router: { routes } });
  await red.put('set routes by a stranger', path, {
    router: { routes: [{ destination: '10.88.0.0/16', nexthop: '10.200.0.1' }] },
  });
  await red.put('remove routes', path, { router: { routes: [] } });
  await red.remove('delete router in use', path);
  const port = await red.get(
    'find interface',
    `/ports?device_id=${made.id}&device_owner=network:router_interface&fields=id`,
  );
  await red.remove('delete port of a router', `/ports/${port.id}`);
  return made.id;
}

async function floatingIps(red: Neutron, { publicId, portId }: { publicId: string; portId: string }): Promise<void> {
  const make = async (name: string, floatingip: object) => await red.post(name, '/floatingips', { floatingip });
  const made = await make('create floating address', { floating_network_id: publicId, description: 'd' });
  await make('create floating address in an absent network', { floating_network_id: absentId });
  await make('create floating address for an absent port', { floating_network_id: publicId, port_id: absentId });
  await make('create floating address without a network', {});
  const path = `/floatingips/${made.id}`;
  const put = async (name: string, floatingip: object) => await red.put(name, path, { floatingip });
  await put('associate floating address', { port_id: portId });
  await red.get('list floating addresses of a port', `/floatingips?port_id=${portId}`);
  await make('second floating address for a port', { floating_network_id: publicId, port_id: portId });
  await put('disassociate floating address', { port_id: null });
  await put('associate with an absent port', { port_id: absentId });
  await red.get('show floating address', path);
  await red.remove('delete floating address', path);
  await red.remove('delete absent floating address', path);
}

async function subnetPools(red: Neutron): Promise<void> {
  const made = await red.post('create subnet pool', '/subnetpools', {
    subnetpool: { name: 'scenario', prefixes: ['10.80.0.0/16'], default_prefixlen: 24 },
  });
  await red.get('list subnet pools', '/subnetpools?name=scenario');
  const network = await red.post('create network for a pool', '/networks', { network: { name: 'pooled' } });
  const subnet = await red.post('create subnet from a pool', '/subnets', {
    subnet: { network_id: network.id, ip_version: 4, subnetpool_id: made.id },
  });
  await red.remove('delete subnet pool in use', `/subnetpools/${made.id}`);
  await red.remove('delete subnet of a pool', `/subnets/${subnet.id}`);
  await red.remove('delete subnet pool', `/subnetpools/${made.id}`);
  await red.remove('delete network for a pool', `/networks/${network.id}`);
}

async function quotas(admin: Neutron, red: Neutron, projectId: string): Promise<void> {
  await red.get('show quotas', `/quotas/${projectId}`);
  await red.get('show default quotas', `/quotas/${projectId}/default`);
  await red.get('show quotas in detail', `/quotas/${projectId}/details.json`);
  await red.put('set quotas as a member', `/quotas/${projectId}`, { quota: { network: 5 } });
  await admin.put('set quotas', `/quotas/${projectId}`, { quota: { network: 1 } });
  await red.post('create network over quota', '/networks', { network: { name: 'x' } });
  await admin.put('set an unknown quota', `/quotas/${projectId}`, { quota: { nonsense: 1 } });
  await admin.remove('reset quotas', `/quotas/${projectId}`);
}

async function takeApart(
  red: Neutron,
  ids: { networkId: string; subnetId: string; groupId: string; portId: string; routerId: string },
): Promise<void> {
  const router = `/routers/${ids.routerId}`;
  await red.put('remove interface', `${router}/remove_router_interface`, { subnet_id: ids.subnetId });
  await red.put('remove interface twice', `${router}/remove_router_interface`, { subnet_id: ids.subnetId });
  await red.put('clear gateway', router, { router: { external_gateway_info: {} } });
  await red.remove('delete router', router);
  await red.remove('delete port with a group', `/ports/${ids.portId}`);
  await red.remove('delete security group', `/security-groups/${ids.groupId}`);
  await red.remove('delete subnet', `/subnets/${ids.subnetId}`);
  await red.remove('delete network', `/networks/${ids.networkId}`);
  await red.remove('delete absent network', `/networks/${ids.networkId}`);
}
