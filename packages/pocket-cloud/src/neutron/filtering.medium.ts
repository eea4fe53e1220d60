import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { run, sleep } from '@matryoshka/system';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { startTestCloud, type TestCloud } from '../testing/instance.ts';
import { makeServerImage } from '../testing/server-image.ts';
import {
  bootServer,
  initPid,
  knownServer,
  serverBecomes,
  soon,
  type TestServer,
  uploadImage,
} from '../testing/servers.ts';
import { makeTenant, type Tenant } from '../testing/tenant.ts';

let cloud: TestCloud;
let red: Tenant;
let work: string;
let imageId: string;
let networkId: string;
let one: TestServer;
let two: TestServer;
/** In a group of its own, without any rule for incoming packets. */
let shy: TestServer;
let shyGroup: { readonly id: string };

beforeAll(async () => {
  work = await mkdtemp(join(tmpdir(), 'pocket-image-'));
  cloud = await startTestCloud('pnf', 23);
  red = await makeTenant(cloud, 'red');
  imageId = await uploadImage(cloud, await makeServerImage(work));
  networkId = (await red.make('network', { name: 'n' })).id;
  await red.make('subnet', {
    network_id: networkId,
    cidr: '10.0.0.0/24',
    ip_version: 4,
    dns_nameservers: ['10.0.0.53'],
  });
  shyGroup = await red.make('security_group', { name: 'shy' });
  const boot = async (name: string, more: object = {}): Promise<TestServer> =>
    await bootServer(cloud, red, { name, imageId, networks: [{ uuid: networkId }], ...more });
  [one, two, shy] = await Promise.all([
    boot('one', { userData: 'echo done >/tmp/done\n' }),
    boot('two'),
    boot('shy', { securityGroups: ['shy'] }),
  ]);
});
afterAll(async () => {
  await cloud?.purge();
  await rm(work, { recursive: true, force: true });
});

const rule = async (fields: object): Promise<string> =>
  (await red.make('security_group_rule', { direction: 'ingress', security_group_id: shyGroup.id, ...fields })).id;
const withdraw = async (id: string): Promise<void> => {
  expect((await red.neutron('DELETE', `/v2.0/security-group-rules/${id}`)).status).toBe(204);
};
const changePort = async (server: TestServer, port: object): Promise<void> => {
  expect((await red.neutron('PUT', `/v2.0/ports/${server.portId}`, { port })).status).toBe(200);
};
const opens = async (from: TestServer, to: TestServer): Promise<boolean> =>
  (await from.get(`http://${to.address}/name`)) === to.name;

describe('servers on a network', () => {
  it('have the address of their port, their own metadata, resolver and user data', async () => {
    for (const server of [one, two, shy]) {
      const { stdout } = await server.exec('ip', 'addr', 'show', 'eth0');
      expect(stdout).toContain(` ${server.address}/24`);
      expect(stdout).toContain(server.mac);
      expect(stdout).toContain('mtu 1500');
      expect(JSON.parse((await server.exec('cat', '/tmp/meta_data.json')).stdout)).toMatchObject({
        uuid: server.id,
        name: server.name,
        project_id: red.projectId,
      });
    }
    expect((await one.exec('cat', '/etc/resolv.conf')).stdout).toBe('nameserver 10.0.0.53\n');
    expect(await soon(async () => (await one.exec('cat', '/tmp/done')).stdout === 'done\n')).toBe(true);
    expect(await one.get('http://169.254.169.254/latest/meta-data/local-ipv4')).toBe(one.address);
    const { stdout: lookup } = await two.exec('nslookup', `host-${one.address.replaceAll('.', '-')}`, '10.0.0.2');
    expect(lookup).toContain(one.address);
    const { body } = await red.neutron('GET', `/v2.0/ports?device_id=${one.id}`);
    expect(body.ports[0]).toMatchObject({ status: 'ACTIVE', device_owner: 'compute:nova' });
  });

  it('carry whole frames and not more', async () => {
    const ping = async (size: string): Promise<number> =>
      (await one.execOfHost('ping', '-M', 'do', '-c', '1', '-W', '1', '-s', size, two.address)).code;
    expect(await ping('1472')).toBe(0);
    expect(await ping('1473')).not.toBe(0);
  });
});

describe('security groups', () => {
  it('let members of the default group meet, and nobody else in', async () => {
    expect(await one.pings(two.address)).toBe(true);
    expect(await opens(one, two)).toBe(true);
    expect(await shy.pings(one.address)).toBe(false);
    expect(await one.pings(shy.address)).toBe(false);
    expect(await opens(one, shy)).toBe(false);
  });

  it('are stateful: an answer needs no rule', async () => {
    const id = await rule({ protocol: 'icmp', remote_ip_prefix: `${one.address}/32` });
    expect(await soon(async () => await one.pings(shy.address))).toBe(true);
    // one may ask and gets its answer; shy may still not ask, and two is not meant.
    expect(await shy.pings(one.address)).toBe(false);
    expect(await two.pings(shy.address)).toBe(false);
    await withdraw(id);
    expect(await soon(async () => !(await one.pings(shy.address)))).toBe(true);
  });

  it('tell ports and protocols apart, by number as by name', async () => {
    const web = await rule({ protocol: '6', port_range_min: 70, port_range_max: 90 });
    expect(await soon(async () => await opens(one, shy))).toBe(true);
    expect((await one.exec('nc', '-w', '1', shy.address, '7')).code).not.toBe(0);
    expect(await one.pings(shy.address)).toBe(false);
    // A protocol for which iptables has no match of its own must not cost the others their rules.
    const lite = await rule({ protocol: 'udplite', port_range_min: 5, port_range_max: 6 });
    const tunnel = await rule({ protocol: '4' });
    const echo = await rule({ protocol: 'icmp', port_range_min: 8, port_range_max: 0 });
    expect(await soon(async () => await one.pings(shy.address))).toBe(true);
    expect(await opens(one, shy)).toBe(true);
    for (const id of [web, lite, tunnel, echo]) await withdraw(id);
    expect(await soon(async () => !(await opens(one, shy)))).toBe(true);
  });

  it('follow the members of a remote group', async () => {
    const friends = await red.make('security_group', { name: 'friends' });
    const id = await rule({ remote_group_id: friends.id });
    const { body } = await red.neutron('GET', `/v2.0/ports/${one.portId}`);
    const before: readonly string[] = body.port.security_groups;
    expect(await one.pings(shy.address)).toBe(false);
    await changePort(one, { security_groups: [...before, friends.id] });
    expect(await soon(async () => await one.pings(shy.address))).toBe(true);
    expect(await two.pings(shy.address)).toBe(false);
    await changePort(one, { security_groups: before });
    expect(await soon(async () => !(await one.pings(shy.address)))).toBe(true);
    await withdraw(id);
    await red.neutron('DELETE', `/v2.0/security-groups/${friends.id}`);
  });

  it('end connections that a withdrawn rule had allowed, and keep the others', async () => {
    const [first, second] = [
      await rule({ protocol: 'tcp', port_range_min: 7, port_range_max: 7, remote_ip_prefix: `${one.address}/32` }),
      await rule({ protocol: 'tcp', port_range_min: 7, port_range_max: 7, remote_ip_prefix: `${two.address}/32` }),
    ];
    const tell = `(while :; do echo tick; sleep 1; done | nc ${shy.address} 7 >/tmp/echo) >/dev/null 2>&1 </dev/null &`;
    for (const server of [one, two]) await server.exec('sh', '-c', tell);
    const heard = async (server: TestServer): Promise<number> =>
      (await server.exec('cat', '/tmp/echo')).stdout.split('\n').length;
    expect(await soon(async () => (await heard(one)) > 2 && (await heard(two)) > 2)).toBe(true);
    await withdraw(first);
    const quiet = async (): Promise<boolean> => {
      const [x, y] = [await heard(one), await heard(two)];
      await sleep(2500);
      return (await heard(one)) === x && (await heard(two)) > y;
    };
    expect(await soon(quiet, 20_000)).toBe(true);
    await withdraw(second);
  });

  it('do nothing on a port without port security', async () => {
    const { body } = await red.neutron('GET', `/v2.0/ports/${shy.portId}`);
    await changePort(shy, { security_groups: [], port_security_enabled: false });
    expect(await soon(async () => await one.pings(shy.address))).toBe(true);
    await changePort(shy, { port_security_enabled: true, security_groups: body.port.security_groups });
    expect(await soon(async () => !(await one.pings(shy.address)))).toBe(true);
  });
});

describe('a port', () => {
  it('sends from its own addresses only, and from pairs it was allowed', async () => {
    const borrowed = '10.0.0.200';
    await one.exec('ip', 'addr', 'add', `${borrowed}/24`, 'dev', 'eth0');
    expect(await one.pings(two.address, '-I', borrowed)).toBe(false);
    await changePort(one, { allowed_address_pairs: [{ ip_address: borrowed }] });
    expect(await soon(async () => await one.pings(two.address, '-I', borrowed))).toBe(true);
    // Also as a member of the group: the other side lets the pair's address in.
    expect(await two.pings(borrowed)).toBe(true);
    await changePort(one, { allowed_address_pairs: [] });
    expect(await soon(async () => !(await one.pings(two.address, '-I', borrowed)))).toBe(true);
    await one.exec('ip', 'addr', 'del', `${borrowed}/24`, 'dev', 'eth0');
    expect(await one.pings(two.address)).toBe(true);
  });

  it('cannot take another’s place by ARP or MAC', async () => {
    // one says "two's address is here". Whoever knows two already believes such an announcement.
    const lie = async (): Promise<void> => {
      await one.exec('ip', 'addr', 'add', `${two.address}/32`, 'dev', 'eth0');
      for (const kind of ['-U', '-A'])
        await one.exec('arping', '-c', '2', kind, '-I', 'eth0', '-s', two.address, two.address);
      await one.exec('ip', 'addr', 'del', `${two.address}/32`, 'dev', 'eth0');
    };
    const known = async (): Promise<string> => (await shy.execOfHost('ip', 'neigh', 'show', two.address)).stdout;
    await shy.pings(two.address);
    expect(await known()).toContain(two.mac);
    await lie();
    expect(await known()).toContain(two.mac);
    // The control: without the guard it works.
    const { body } = await red.neutron('GET', `/v2.0/ports/${one.portId}`);
    await changePort(one, { security_groups: [], port_security_enabled: false });
    const believed = async (): Promise<boolean> => {
      await lie();
      return (await known()).includes(one.mac);
    };
    expect(await soon(believed)).toBe(true);
    await changePort(one, { port_security_enabled: true, security_groups: body.port.security_groups });
    await shy.execOfHost('ip', 'neigh', 'flush', 'all');
    await one.exec('ip', 'link', 'set', 'eth0', 'address', '02:00:00:00:00:01');
    expect(await one.pings(two.address)).toBe(false);
    await one.exec('ip', 'link', 'set', 'eth0', 'address', one.mac);
    expect(await soon(async () => await one.pings(two.address))).toBe(true);
  });

  it('that is switched off sends nothing', async () => {
    await changePort(one, { admin_state_up: false });
    expect(await soon(async () => !(await one.pings(two.address)))).toBe(true);
    await changePort(one, { admin_state_up: true });
    expect(await soon(async () => await one.pings(two.address))).toBe(true);
  });

  it('of a deleted server leaves no interface, rule or lease', async () => {
    const extra = await bootServer(cloud, red, { name: 'extra', imageId, networks: [{ uuid: networkId }] });
    const tap = `pnft${extra.portId.replaceAll('-', '').slice(0, 10)}`;
    const inSwitch = async (...argv: readonly string[]): Promise<string> =>
      (await run(['nsenter', '--net=/run/netns/pnf-switch', '--', ...argv])).stdout;
    expect(await inSwitch('ip', 'link')).toContain(tap);
    expect(await inSwitch('iptables-save')).toContain(tap);
    expect((await red.nova('DELETE', `/v2.1/servers/${extra.id}`)).status).toBe(204);
    expect(await soon(async () => (await red.nova('GET', `/v2.1/servers/${extra.id}`)).status === 404, 30_000)).toBe(
      true,
    );
    expect((await red.neutron('GET', `/v2.0/ports/${extra.portId}`)).status).toBe(404);
    expect(await soon(async () => !(await inSwitch('iptables-save')).includes(tap))).toBe(true);
    expect(await inSwitch('ip', 'link')).not.toContain(tap);
    expect(await inSwitch('nft', 'list', 'ruleset')).not.toContain(tap);
    // Its address is free for the next one, which gets it at once.
    const next = await bootServer(cloud, red, {
      name: 'next',
      imageId,
      networks: [{ uuid: networkId, fixed_ip: extra.address }],
    });
    expect(next.address).toBe(extra.address);
    await red.nova('DELETE', `/v2.1/servers/${next.id}`);
  });
});

describe('a running server', () => {
  it('gets another interface and loses it again', async () => {
    const second = await red.make('network', { name: 'second' });
    const subnet = await red.make('subnet', { network_id: second.id, cidr: '10.0.7.0/24', ip_version: 4 });
    const port = await red.make('port', { network_id: second.id });
    const path = `/v2.1/servers/${one.id}/os-interface`;
    const attached = await red.nova('POST', path, { interfaceAttachment: { port_id: port.id } });
    expect([attached.status, attached.body.interfaceAttachment]).toMatchObject([
      200,
      { port_id: port.id, net_id: second.id, mac_addr: port.mac_address, fixed_ips: [{ subnet_id: subnet.id }] },
    ]);
    const links = async (): Promise<string> => (await one.exec('ip', 'link')).stdout;
    expect(await soon(async () => (await links()).includes(port.mac_address))).toBe(true);
    // The DHCP server of the second network is there for it.
    await one.exec('ip', 'addr', 'add', `${port.fixed_ips[0].ip_address}/24`, 'dev', 'eth1');
    expect(await soon(async () => await one.pings('10.0.7.2'))).toBe(true);
    expect((await red.nova('POST', path, { interfaceAttachment: { port_id: port.id } })).status).toBe(409);
    // A reboot keeps it.
    const pid = await initPid(cloud, one.id);
    await red.nova('POST', `/v2.1/servers/${one.id}/action`, { reboot: { type: 'HARD' } });
    expect(await soon(async () => !['', pid].includes(await initPid(cloud, one.id)))).toBe(true);
    await serverBecomes(red, one.id, 'ACTIVE');
    one = await knownServer(cloud, red, one.id);
    expect(await links()).toContain(port.mac_address);
    expect((await red.nova('DELETE', `${path}/${port.id}`)).status).toBe(202);
    expect(await soon(async () => !(await links()).includes(port.mac_address))).toBe(true);
    expect((await red.nova('GET', path)).body.interfaceAttachments).toHaveLength(1);
    expect((await red.neutron('GET', `/v2.0/ports/${port.id}`)).body.port).toMatchObject({
      device_id: '',
      status: 'DOWN',
    });
    expect((await red.nova('DELETE', `${path}/${port.id}`)).status).toBe(404);
    await red.neutron('DELETE', `/v2.0/ports/${port.id}`);
    expect((await red.neutron('DELETE', `/v2.0/networks/${second.id}`)).status).toBe(204);
  });
});
