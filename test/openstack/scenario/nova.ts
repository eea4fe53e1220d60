import type { Answer, Caller, States } from '../recorder.ts';
import { volumeSettles } from './cinder.ts';
import { absentId, type World } from './world.ts';

const v2 = '/v2.1';
const publicKey = 'ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIFSd2/jnnS1dSTA1a2bdxXcAWZyRZJl5nvbJk7cvHMmM scenario';

/** Shorter ways to ask Nova in one microversion. */
function novaOf(caller: Caller, version: string) {
  const headers = { 'openstack-api-version': `compute ${version}` };
  const ask = async (name: string, method: string, path: string, json?: unknown): Promise<Answer> =>
    await caller.ask('compute', name, method, `${v2}${path}`, { headers, ...(json === undefined ? {} : { json }) });
  return {
    get: async (name: string, path: string) => await ask(name, 'GET', path),
    post: async (name: string, path: string, json: unknown) => await ask(name, 'POST', path, json),
    put: async (name: string, path: string, json: unknown) => await ask(name, 'PUT', path, json),
    remove: async (name: string, path: string) => await ask(name, 'DELETE', path),
  };
}
type Nova = ReturnType<typeof novaOf>;

export async function nova(world: World): Promise<void> {
  const { nobody, red: caller } = world;
  await nobody.ask('compute', 'list versions', 'GET', '/');
  await nobody.ask('compute', 'show version', 'GET', `${v2}/`);
  await nobody.ask('compute', 'list servers without a token', 'GET', `${v2}/servers`);
  await caller.ask('compute', 'too new a version', 'GET', `${v2}/servers`, {
    headers: { 'openstack-api-version': 'compute 2.999' },
  });
  await caller.ask('compute', 'malformed version', 'GET', `${v2}/servers`, {
    headers: { 'openstack-api-version': 'compute nonsense' },
  });
  const red = novaOf(caller, '2.90');
  const admin = novaOf(world.admin, '2.87');
  await flavors(red, admin);
  await keypairs(red);
  await serverGroups(red, caller);
  await red.get('list availability zones', '/os-availability-zone');
  await red.get('limits', '/limits');
  await red.get('show quotas', `/os-quota-sets/${caller.projectId}`);
  await red.get('show quotas in detail', `/os-quota-sets/${caller.projectId}/detail`);
  await red.get('unknown path', '/nonsense');
  await admin.get('list hypervisors', '/os-hypervisors');
  await red.get('list hypervisors as a member', '/os-hypervisors');
  await admin.get('list services', '/os-services');
  await servers(world, red, admin);
}

async function flavors(red: Nova, admin: Nova): Promise<void> {
  const flavor = { name: 'scenario-flavor', ram: 256, vcpus: 1, disk: 1, 'OS-FLV-EXT-DATA:ephemeral': 0 };
  const made = await admin.post('create flavor', '/flavors', { flavor });
  await admin.post('create flavor of the same name', '/flavors', { flavor });
  await admin.post('create flavor without memory', '/flavors', { flavor: { ...flavor, name: 'x', ram: 0 } });
  await red.post('create flavor as a member', '/flavors', { flavor });
  await admin.post('set specifications', `/flavors/${made.id}/os-extra_specs`, {
    extra_specs: { 'hw:cpu_policy': 'shared' },
  });
  await red.get('show flavor', `/flavors/${made.id}`);
  await red.get('show specifications', `/flavors/${made.id}/os-extra_specs`);
  await red.get('show absent flavor', '/flavors/nonsense');
  await red.get('list one flavor', '/flavors?limit=1');
  await red.get('list flavors with a wrong marker', '/flavors?marker=nonsense');
  await admin.remove('delete flavor', `/flavors/${made.id}`);
  await admin.remove('delete absent flavor', `/flavors/${made.id}`);
}

async function keypairs(red: Nova): Promise<void> {
  const make = async (name: string, keypair: object) => await red.post(name, '/os-keypairs', { keypair });
  await make('import key', { name: 'scenario', public_key: publicKey });
  await make('import key of the same name', { name: 'scenario', public_key: publicKey });
  await make('import a broken key', { name: 'broken', public_key: 'nonsense' });
  await make('import key with a bad name', { name: 'a/b', public_key: publicKey });
  await red.get('show key', '/os-keypairs/scenario');
  await red.get('list keys', '/os-keypairs');
  await red.get('show absent key', '/os-keypairs/nonsense');
  await red.remove('delete key', '/os-keypairs/scenario');
  await red.remove('delete absent key', '/os-keypairs/scenario');
}

async function serverGroups(red: Nova, caller: Caller): Promise<void> {
  const make = async (name: string, server_group: object) =>
    await red.post(name, '/os-server-groups', { server_group });
  const made = await make('create server group', { name: 'scenario', policy: 'soft-anti-affinity' });
  await make('create server group with an unknown policy', { name: 'x', policy: 'nonsense' });
  await make('create server group without a policy', { name: 'x' });
  await novaOf(caller, '2.15').post('create server group in an old version', '/os-server-groups', {
    server_group: { name: 'old', policies: ['affinity'] },
  });
  await red.get('show server group', `/os-server-groups/${made.id}`);
  await novaOf(caller, '2.15').get('show server group in an old version', `/os-server-groups/${made.id}`);
  const { body } = await red.get('list server groups', '/os-server-groups');
  await red.get('show absent server group', `/os-server-groups/${absentId}`);
  for (const { id, name } of body.server_groups ?? [])
    await red.remove(`delete server group ${name}`, `/os-server-groups/${id}`);
  await red.remove('delete absent server group', `/os-server-groups/${made.id}`);
}

async function servers(world: World, red: Nova, admin: Nova): Promise<void> {
  const { red: caller, flavorId, imageId } = world;
  const network = await caller.ask('network', 'network of servers', 'POST', '/v2.0/networks', {
    json: { network: { name: 'servers' } },
    unrecorded: true,
  });
  const subnet = await caller.ask('network', 'subnet of servers', 'POST', '/v2.0/subnets', {
    json: { subnet: { network_id: network.id, ip_version: 4, cidr: '10.75.0.0/24' } },
    unrecorded: true,
  });
  const given = { name: 'scenario', flavorRef: flavorId, imageRef: imageId, networks: [{ uuid: network.id }] };
  const make = async (name: string, fields: object) =>
    await red.post(name, '/servers', { server: { ...given, ...fields } });
  await refused(make, red);
  // A cloud that took one of those all the same must not go on with it.
  const others = await caller.ask('compute', 'servers', 'GET', `${v2}/servers`, { unrecorded: true });
  for (const { id } of others.body.servers ?? []) {
    await caller.ask('compute', 'removal', 'DELETE', `${v2}/servers/${id}`, { unrecorded: true });
    await caller.settle('compute', 'gone', `${v2}/servers/${id}`, () => 'there', ['there'], { unrecorded: true });
  }
  const made = await make('create server', {
    metadata: { a: 'b' },
    tags: ['scenario'],
    user_data: Buffer.from('#!/bin/sh\n').toString('base64'),
    description: 'd',
  });
  const path = `/servers/${made.id}`;
  const settle = async (name: string): Promise<string> =>
    await caller.settle('compute', name, `${v2}${path}`, stateOf, building, version('2.90'));
  await settle('created server');
  for (const old of ['2.1', '2.19', '2.26', '2.47', '2.65', '2.73'])
    await novaOf(caller, old).get(`show server in version ${old}`, path);
  await admin.get('show server as the administrator', path);
  await listing(red, novaOf(world.blue, '2.90'), path);
  await attributes(red, path);
  await actions(red, path, settle);
  await interfaces(red, path, network.id);
  await volumes(world, red, made.id);
  await red.remove('delete server', path);
  await settle('deleted server');
  await red.remove('delete absent server', path);
  await red.get('show absent server', path);
  await caller.ask('network', 'ports after a server', 'GET', `/v2.0/ports?device_id=${made.id}`);
  await caller.ask('network', 'subnet goes', 'DELETE', `/v2.0/subnets/${subnet.id}`, { unrecorded: true });
  await caller.ask('network', 'network goes', 'DELETE', `/v2.0/networks/${network.id}`, { unrecorded: true });
}

const version = (number: string) => ({ headers: { 'openstack-api-version': `compute ${number}` } });
/** Status and task, so that a server that is about to do something is not taken for settled. */
const stateOf = (body: { server: Record<string, unknown> }): string => {
  const task = body.server['OS-EXT-STS:task_state'];
  return task === null ? String(body.server.status) : `${String(body.server.status)} ${String(task)}`;
};
/** Every state with a task passes; of those without one BUILD does. */
const building: States = { includes: (state) => state === 'BUILD' || state.includes(' ') };

type Make = (name: string, fields: object) => Promise<Answer>;

async function refused(make: Make, red: Nova): Promise<void> {
  await make('create server of an absent image', { imageRef: absentId });
  await make('create server of an absent flavor', { flavorRef: 'nonsense' });
  await make('create server in an absent network', { networks: [{ uuid: absentId }] });
  await make('create server with an absent port', { networks: [{ port: absentId }] });
  await make('create server with an absent key', { key_name: 'nonsense' });
  await make('create server in an absent zone', { availability_zone: 'nonsense' });
  await make('create server with a long name', { name: 'x'.repeat(300) });
  await make('create server with an unknown field', { nonsense: 1 });
  await make('create server with broken user data', { user_data: '%%%' });
  await make('create server with an absent volume', {
    block_device_mapping_v2: [{ boot_index: 0, uuid: absentId, source_type: 'volume', destination_type: 'volume' }],
  });
  await make('create server with too many tags', { tags: Array.from({ length: 51 }, (_, number) => `t${number}`) });
  await make('create server in an absent group', { 'os:scheduler_hints': { group: absentId } });
  await red.post('create server without anything', '/servers', { server: {} });
  await red.post('create server with hints of an absent group', '/servers', {
    server: { name: 'x', flavorRef: 'x', imageRef: absentId, networks: 'none' },
    'os:scheduler_hints': { group: absentId },
  });
}

async function listing(red: Nova, blue: Nova, path: string): Promise<void> {
  await red.get('list servers', '/servers');
  await red.get('list servers in detail', '/servers/detail?name=^scenario$&status=ACTIVE');
  await red.get('list servers by tags', '/servers?tags=scenario');
  await red.get('list servers of an unknown status', '/servers?status=NONSENSE');
  await red.get('list one server and more', '/servers?limit=1');
  await red.get('list servers with a wrong limit', '/servers?limit=nonsense');
  await red.get('list servers with a wrong marker', `/servers?marker=${absentId}`);
  await red.get('list servers with a wrong sort key', '/servers?sort_key=nonsense');
  await red.get('list servers of everybody as a member', '/servers?all_tenants=1');
  await blue.get('show a foreign server', path);
  await blue.remove('delete a foreign server', path);
}

async function attributes(red: Nova, path: string): Promise<void> {
  await red.put('rename server', path, { server: { name: 'scenario-2' } });
  await red.put('rename server to nothing', path, { server: { name: '' } });
  await red.get('show metadata', `${path}/metadata`);
  await red.post('add metadata', `${path}/metadata`, { metadata: { c: 'd' } });
  await red.put('set one piece of metadata', `${path}/metadata/c`, { meta: { c: 'e' } });
  await red.get('show one piece of metadata', `${path}/metadata/c`);
  await red.remove('remove one piece of metadata', `${path}/metadata/c`);
  await red.remove('remove absent metadata', `${path}/metadata/c`);
  await red.put('replace metadata', `${path}/metadata`, { metadata: { f: 'g' } });
  await red.post('add broken metadata', `${path}/metadata`, { metadata: { x: 1 } });
  await red.get('list tags', `${path}/tags`);
  await red.put('add tag', `${path}/tags/more`, undefined);
  await red.get('check tag', `${path}/tags/more`);
  await red.remove('remove tag', `${path}/tags/more`);
  await red.remove('remove absent tag', `${path}/tags/more`);
  await red.put('replace tags', `${path}/tags`, { tags: ['x', 'y'] });
  await red.remove('remove all tags', `${path}/tags`);
  await red.get('show addresses', `${path}/ips`);
  await red.get('list security groups', `${path}/os-security-groups`);
}

async function actions(red: Nova, path: string, settle: (name: string) => Promise<string>): Promise<void> {
  const act = async (name: string, json: unknown) => await red.post(name, `${path}/action`, json);
  await act('unknown action', { nonsense: null });
  await act('start a running server', { 'os-start': null });
  await act('reboot of an unknown type', { reboot: { type: 'NONSENSE' } });
  await act('reboot', { reboot: { type: 'SOFT' } });
  await settle('rebooted server');
  await act('stop', { 'os-stop': null });
  await settle('stopped server');
  await act('stop a stopped server', { 'os-stop': null });
  await act('pause a stopped server', { pause: null });
  await act('start', { 'os-start': null });
  await settle('started server');
  await act('pause', { pause: null });
  await settle('paused server');
  await act('unpause', { unpause: null });
  await settle('unpaused server');
  await act('suspend', { suspend: null });
  await settle('suspended server');
  await act('resume', { resume: null });
  await settle('resumed server');
  await act('lock', { lock: { locked_reason: 'mine' } });
  await red.get('show a locked server', path);
  await act('unlock', { unlock: null });
  await act('confirm without a resize', { confirmResize: null });
  await act('resize to an absent flavor', { resize: { flavorRef: 'nonsense' } });
  await act('add absent security group', { addSecurityGroup: { name: 'nonsense' } });
  await act('remove security group', { removeSecurityGroup: { name: 'default' } });
  await act('add security group', { addSecurityGroup: { name: 'default' } });
  await act('console output of a length', { 'os-getConsoleOutput': { length: -5 } });
  await red.get('list actions', `${path}/os-instance-actions`);
}

async function interfaces(red: Nova, path: string, networkId: string): Promise<void> {
  const post = async (name: string, interfaceAttachment: object) =>
    await red.post(name, `${path}/os-interface`, { interfaceAttachment });
  await red.get('list interfaces', `${path}/os-interface`);
  const made = await post('attach interface', { net_id: networkId });
  await post('attach absent port', { port_id: absentId });
  await post('attach interface of an absent network', { net_id: absentId });
  const portId = made.body.interfaceAttachment?.port_id ?? absentId;
  await red.get('show interface', `${path}/os-interface/${portId}`);
  await red.remove('detach interface', `${path}/os-interface/${portId}`);
  await red.remove('detach absent interface', `${path}/os-interface/${absentId}`);
}

async function volumes({ red: caller }: World, red: Nova, serverId: string): Promise<void> {
  const volume = await caller.ask('volumev3', 'create volume for a server', 'POST', '/v3/{project}/volumes', {
    json: { volume: { name: 'data', size: 1 } },
    headers: { 'openstack-api-version': 'volume 3.70' },
  });
  await volumeSettles(caller, 'volume for a server', volume.id);
  const path = `/servers/${serverId}/os-volume_attachments`;
  const attach = async (name: string, volumeAttachment: object) => await red.post(name, path, { volumeAttachment });
  await attach('attach absent volume', { volumeId: absentId });
  await attach('attach volume', { volumeId: volume.id });
  await volumeSettles(caller, 'attached volume', volume.id);
  await attach('attach volume twice', { volumeId: volume.id });
  await red.get('list attachments', path);
  await red.get('show attachment', `${path}/${volume.id}`);
  const one = `/v3/{project}/volumes/${volume.id}`;
  await caller.ask('volumev3', 'delete a volume in use', 'DELETE', one);
  await red.remove('detach volume', `${path}/${volume.id}`);
  await volumeSettles(caller, 'detached volume', volume.id);
  await red.remove('detach volume twice', `${path}/${volume.id}`);
  await red.get('show absent attachment', `${path}/${volume.id}`);
  await caller.ask('volumev3', 'delete volume of a server', 'DELETE', one);
  await volumeSettles(caller, 'deleted volume of a server', volume.id);
}
