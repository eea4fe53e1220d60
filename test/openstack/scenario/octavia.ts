import type { Answer, Caller } from '../recorder.ts';
import { absentId, type World } from './world.ts';

const lbaas = '/v2/lbaas';

function octaviaOf(caller: Caller) {
  const ask = async (name: string, method: string, path: string, json?: unknown): Promise<Answer> =>
    await caller.ask('load-balancer', name, method, `${lbaas}${path}`, json === undefined ? {} : { json });
  return {
    get: async (name: string, path: string) => await ask(name, 'GET', path),
    post: async (name: string, path: string, json: unknown) => await ask(name, 'POST', path, json),
    put: async (name: string, path: string, json: unknown) => await ask(name, 'PUT', path, json),
    remove: async (name: string, path: string) => await ask(name, 'DELETE', path),
  };
}
type Octavia = ReturnType<typeof octaviaOf>;
/** Waits until a load balancer takes changes again; records the states it was seen in. */
type Settle = (name: string) => Promise<string>;

export async function octavia(world: World): Promise<void> {
  const { red: caller, nobody } = world;
  await nobody.ask('load-balancer', 'list versions', 'GET', '/');
  await nobody.ask('load-balancer', 'list load balancers without a token', 'GET', `${lbaas}/loadbalancers`);
  const red = octaviaOf(caller);
  await red.get('show quotas', `/quotas/${caller.projectId}`);
  await red.get('unknown path', '/nonsense');
  const network = await caller.ask('network', 'network of a load balancer', 'POST', '/v2.0/networks', {
    json: { network: { name: 'balanced' } },
    unrecorded: true,
  });
  const subnet = await caller.ask('network', 'subnet of a load balancer', 'POST', '/v2.0/subnets', {
    json: { subnet: { network_id: network.id, ip_version: 4, cidr: '10.76.0.0/24' } },
    unrecorded: true,
  });
  const make = async (name: string, loadbalancer: object) => await red.post(name, '/loadbalancers', { loadbalancer });
  await make('create load balancer without a place', { name: 'x' });
  await make('create load balancer in an absent subnet', { name: 'x', vip_subnet_id: absentId });
  await make('create load balancer in an absent network', { name: 'x', vip_network_id: absentId });
  await make('create load balancer of an absent flavor', { vip_subnet_id: subnet.id, flavor_id: absentId });
  await make('create load balancer of an absent provider', { vip_subnet_id: subnet.id, provider: 'nonsense' });
  await make('create load balancer with a broken address', { vip_subnet_id: subnet.id, vip_address: 'nonsense' });
  await make('create load balancer with a foreign address', { vip_subnet_id: subnet.id, vip_address: '10.99.0.1' });
  await make('create load balancer with an unknown field', { vip_subnet_id: subnet.id, nonsense: 1 });
  const made = await make('create load balancer', {
    name: 'scenario',
    description: 'd',
    vip_subnet_id: subnet.id,
    vip_address: '10.76.0.50',
    tags: ['scenario'],
  });
  const path = `/loadbalancers/${made.id}`;
  const settle: Settle = async (name) =>
    await caller.settle('load-balancer', name, `${lbaas}${path}`, (body) => body.loadbalancer.provisioning_status, [
      'PENDING_CREATE',
      'PENDING_UPDATE',
      'PENDING_DELETE',
    ]);
  await settle('created load balancer');
  await loadBalancer(red, octaviaOf(world.blue), path, settle);
  const listenerId = await listeners(red, made.id, settle);
  await pools(red, { loadBalancerId: made.id, listenerId, subnetId: subnet.id }, settle);
  await red.get('show status tree', `${path}/status`);
  await red.get('show statistics', `${path}/stats`);
  await red.get('show statistics of a listener', `/listeners/${listenerId}/stats`);
  await red.remove('delete load balancer with children', path);
  await red.remove('delete load balancer with all', `${path}?cascade=true`);
  await settle('deleted load balancer');
  await red.remove('delete absent load balancer', path);
  await caller.ask('network', 'ports after a load balancer', 'GET', `/v2.0/ports?device_id=lb-${made.id}`);
  await caller.ask('network', 'subnet goes', 'DELETE', `/v2.0/subnets/${subnet.id}`, { unrecorded: true });
  await caller.ask('network', 'network goes', 'DELETE', `/v2.0/networks/${network.id}`, { unrecorded: true });
}

async function loadBalancer(red: Octavia, blue: Octavia, path: string, settle: Settle): Promise<void> {
  await red.get('list load balancers by name', '/loadbalancers?name=scenario');
  await red.get('list load balancers by tags', '/loadbalancers?tags=scenario&fields=name');
  await red.get('list load balancers of another tag', '/loadbalancers?tags=nonsense');
  await red.get('list one load balancer', '/loadbalancers?limit=1');
  await red.get('list load balancers with a wrong marker', `/loadbalancers?limit=1&marker=${absentId}`);
  await red.get('show absent load balancer', `/loadbalancers/${absentId}`);
  await blue.get('show a foreign load balancer', path);
  await red.put('update load balancer', path, { loadbalancer: { description: 'new', tags: ['scenario', 'more'] } });
  await settle('updated load balancer');
  await red.put('update address of a load balancer', path, { loadbalancer: { vip_address: '10.76.0.51' } });
}

async function listeners(red: Octavia, loadBalancerId: string, settle: Settle): Promise<string> {
  const given = { loadbalancer_id: loadBalancerId, protocol: 'TCP', protocol_port: 80 };
  const make = async (name: string, fields: object) =>
    await red.post(name, '/listeners', { listener: { ...given, ...fields } });
  await make('create listener with an unknown protocol', { protocol: 'NONSENSE' });
  await make('create listener with port 0', { protocol_port: 0 });
  await make('create listener with port 70000', { protocol_port: 70_000 });
  await make('create listener of an absent load balancer', { loadbalancer_id: absentId });
  await make('create listener with a broken range', { allowed_cidrs: ['nonsense'] });
  await make('create listener with an absent pool', { default_pool_id: absentId });
  const made = await make('create listener', {
    name: 'scenario',
    timeout_client_data: 60_000,
    connection_limit: 100,
    allowed_cidrs: ['10.0.0.0/8'],
  });
  await make('create listener while the load balancer changes', { protocol_port: 81 });
  await settle('load balancer with a listener');
  await make('create listener on the same port', { name: 'second' });
  const path = `/listeners/${made.id}`;
  await red.get('show listener', path);
  await red.get('list listeners of a load balancer', `/listeners?load_balancer_id=${loadBalancerId}&fields=name`);
  await red.put('update listener', path, { listener: { timeout_member_data: 90_000, allowed_cidrs: null } });
  await settle('load balancer with another listener');
  await red.put('update port of a listener', path, { listener: { protocol_port: 82 } });
  await red.get('show absent listener', `/listeners/${absentId}`);
  return made.id;
}

async function pools(
  red: Octavia,
  ids: { loadBalancerId: string; listenerId: string; subnetId: string },
  settle: Settle,
): Promise<void> {
  const given = { listener_id: ids.listenerId, protocol: 'TCP', lb_algorithm: 'ROUND_ROBIN', name: 'scenario' };
  const make = async (name: string, fields: object) =>
    await red.post(name, '/pools', { pool: { ...given, ...fields } });
  await make('create pool with an unknown algorithm', { lb_algorithm: 'NONSENSE' });
  await make('create pool with an unfitting protocol', { protocol: 'UDP' });
  await make('create pool of an absent listener', { listener_id: absentId });
  await red.post('create pool without a parent', '/pools', {
    pool: { protocol: 'TCP', lb_algorithm: 'ROUND_ROBIN' },
  });
  const made = await make('create pool', { session_persistence: { type: 'SOURCE_IP' } });
  await settle('load balancer with a pool');
  await make('create second default pool', { name: 'second' });
  const path = `/pools/${made.id}`;
  await red.get('show pool', path);
  await red.put('update pool', path, { pool: { lb_algorithm: 'LEAST_CONNECTIONS', session_persistence: null } });
  await settle('load balancer with another pool');
  await members(red, path, ids.subnetId, settle);
  await monitors(red, made.id, settle);
  await red.get('show pool with all', path);
  await red.get('list pools of a load balancer', `/pools?loadbalancer_id=${ids.loadBalancerId}&fields=name`);
  await red.remove('delete absent pool', `/pools/${absentId}`);
}

async function members(red: Octavia, pool: string, subnetId: string, settle: Settle): Promise<void> {
  const given = { name: 'one', address: '10.76.0.10', protocol_port: 80, subnet_id: subnetId };
  const make = async (name: string, fields: object) =>
    await red.post(name, `${pool}/members`, { member: { ...given, ...fields } });
  await make('create member with a broken address', { address: 'nonsense' });
  await make('create member without a port', { protocol_port: undefined });
  await make('create member with a weight of 1000', { weight: 1000 });
  await make('create member in an absent subnet', { subnet_id: absentId });
  const made = await make('create member', {});
  await settle('load balancer with a member');
  await make('create member twice', {});
  await red.get('show member', `${pool}/members/${made.id}`);
  await red.put('update member', `${pool}/members/${made.id}`, { member: { weight: 7, name: 'uno' } });
  await settle('load balancer with another member');
  const batch = async (name: string, list: readonly object[], query = '') => {
    await red.put(name, `${pool}/members${query}`, { members: list });
    await settle(`load balancer after: ${name}`);
  };
  const other = { address: '10.76.0.11', protocol_port: 80, name: 'two' };
  await batch('replace members', [other]);
  await red.get('list members', `${pool}/members`);
  await batch('add members', [{ ...other, address: '10.76.0.12', name: 'three' }], '?additive_only=true');
  await red.put('replace members with a broken one', `${pool}/members`, { members: [{ address: 'nonsense' }] });
  await red.get('list members in the end', `${pool}/members?sort=name:asc`);
  await red.remove('delete absent member', `${pool}/members/${absentId}`);
}

async function monitors(red: Octavia, poolId: string, settle: Settle): Promise<void> {
  const given = { pool_id: poolId, type: 'TCP', delay: 5, timeout: 3, max_retries: 2 };
  const make = async (name: string, fields: object) =>
    await red.post(name, '/healthmonitors', { healthmonitor: { ...given, ...fields } });
  await make('create monitor of an unknown type', { type: 'NONSENSE' });
  const slow = await make('create monitor slower than its delay', { timeout: 9 });
  await settle('load balancer with a slow monitor');
  await red.remove('delete slow monitor', `/healthmonitors/${slow.id}`);
  await settle('load balancer without a slow monitor');
  await make('create monitor of an absent pool', { pool_id: absentId });
  const made = await make('create monitor', { name: 'scenario' });
  await settle('load balancer with a monitor');
  await make('create second monitor', {});
  const path = `/healthmonitors/${made.id}`;
  await red.get('show monitor', path);
  await red.put('update monitor', path, { healthmonitor: { delay: 7 } });
  await settle('load balancer with another monitor');
  await red.remove('delete monitor', path);
  await settle('load balancer without a monitor');
  await red.remove('delete absent monitor', path);
}
