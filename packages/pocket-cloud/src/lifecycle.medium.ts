import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { createConnection, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { run, sleep } from '@matryoshka/system';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { startTestCloudProcess, type TestCloudProcess } from './testing/instance.ts';
import { added, machineState } from './testing/machine-state.ts';
import { makeServerImage } from './testing/server-image.ts';
import {
  bootServer,
  hostGets,
  initPid,
  knownServer,
  serverBecomes,
  soon,
  type TestServer,
  uploadImage,
} from './testing/servers.ts';
import { makeTenant, type Tenant } from './testing/tenant.ts';

const prefix = 'pnc';
const lbaas = '/v2.0/lbaas';
/** What the processes of this cloud have in common. */
const marks = (): readonly string[] => [cloud.config.dataDir, `/run/netns/${prefix}-`];
let before: ReadonlySet<string>;
let cloud: TestCloudProcess;
let red: Tenant;
let work: string;
let imageId: string;
let network: { readonly id: string };
let one: TestServer;
let two: TestServer;
/** Leads to port 7 and 80 of server one. */
let serverAddress: string;
/** Leads to a load balancer before both servers, port 7 and 80. */
let balancedAddress: string;

beforeAll(async () => {
  work = await mkdtemp(join(tmpdir(), 'pocket-image-'));
  before = await machineState(prefix, []);
  cloud = await startTestCloudProcess(prefix, 26);
  red = await makeTenant(cloud, 'red');
  imageId = await uploadImage(cloud, await makeServerImage(work));
  const [{ id: publicId }] = (await red.neutron('GET', '/v2.0/networks?name=public')).body.networks;
  network = await red.make('network', { name: 'n' });
  const subnet = await red.make('subnet', { network_id: network.id, cidr: '10.0.0.0/24', ip_version: 4 });
  const router = await red.make('router', { name: 'r', external_gateway_info: { network_id: publicId } });
  await red.neutron('PUT', `/v2.0/routers/${router.id}/add_router_interface`, { subnet_id: subnet.id });
  const group = await red.make('security_group', { name: 'open' });
  await red.make('security_group_rule', { security_group_id: group.id, direction: 'ingress', protocol: 'tcp' });
  const boot = async (name: string): Promise<TestServer> =>
    await bootServer(cloud, red, { name, imageId, networks: [{ uuid: network.id }], securityGroups: ['open'] });
  [one, two] = await Promise.all([boot('one'), boot('two')]);
  const listener = (port: number) => ({
    protocol: 'TCP',
    protocol_port: port,
    default_pool: {
      protocol: 'TCP',
      lb_algorithm: 'ROUND_ROBIN',
      members: [one, two].map(({ address }) => ({ address, protocol_port: port })),
    },
  });
  const made = await red.octavia('POST', `${lbaas}/loadbalancers`, {
    loadbalancer: { name: 'lb', vip_subnet_id: subnet.id, listeners: [listener(7), listener(80)] },
  });
  const fip = async (port_id: string): Promise<string> =>
    (await red.make('floatingip', { floating_network_id: publicId, port_id })).floating_ip_address;
  serverAddress = await fip(one.portId);
  balancedAddress = await fip(made.body.loadbalancer.vip_port_id);
  expect(await soon(everythingWorks)).toBe(true);
});
afterAll(async () => {
  await cloud?.purge();
  await rm(work, { recursive: true, force: true });
});

async function everythingWorks(): Promise<boolean> {
  return (await hostGets(serverAddress)) === 'one' && /^(one|two)$/.test((await hostGets(balancedAddress)) ?? '');
}

/** A connection to an echo service that is used ten times a second and must answer in order to the end. */
async function openEcho(address: string): Promise<{ readonly heard: () => number; readonly close: () => boolean }> {
  const socket: Socket = createConnection(7, address);
  await new Promise<void>((resolve, reject) => socket.once('connect', resolve).once('error', reject));
  let [said, text, broken] = [0, '', false];
  socket.setEncoding('utf8');
  socket.on('data', (chunk) => {
    text += String(chunk);
  });
  for (const event of ['close', 'error'] as const)
    socket.on(event, () => {
      broken = true;
    });
  const timer = setInterval(() => {
    said += 1;
    socket.write(`${said}\n`);
  }, 100);
  const numbers = (): readonly number[] => text.split('\n').slice(0, -1).map(Number);
  return {
    heard: () => numbers().length,
    close: () => {
      clearInterval(timer);
      const intact = !broken && numbers().every((number, index) => number === index + 1);
      socket.destroy();
      return intact;
    },
  };
}

/** Every process that serves the cloud's networks or is one of its servers. Seen twice: keepalived's checks bear its name until they begin. */
async function running(): Promise<readonly string[]> {
  for (let seen = await look(); ; ) {
    const again = await look();
    if (again.join() === seen.join()) return again;
    seen = again;
  }
}

async function look(): Promise<readonly string[]> {
  const namespaces = (await readdir('/run/netns')).filter((name) => name.startsWith(`${prefix}-`));
  const pids = await Promise.all(
    namespaces.map(async (name) => (await run(['ip', 'netns', 'pids', name])).stdout.split('\n')),
  );
  const own = [
    ...pids.flat().filter(Boolean),
    ...(await Promise.all([one, two].map(async ({ id }) => await initPid(cloud, id)))),
  ];
  // Commands and announcements come and go.
  const lasting = await Promise.all(
    own.map(async (pid) => {
      const name = (await readFile(`/proc/${pid}/comm`, 'utf8').catch(() => '')).trim();
      return ['dnsmasq', 'haproxy', 'init', 'keepalived', 'lxc-start'].includes(name) ? [pid] : [];
    }),
  );
  return lasting.flat().toSorted();
}

describe('the process', () => {
  it.each(['restart', 'crash'] as const)('may %s without disturbing machines and connections', async (how) => {
    const echoes = [await openEcho(serverAddress), await openEcho(balancedAddress)];
    const processes = await running();
    // dnsmasq, metadata proxy, master and worker of both nodes' haproxy, keepalived and its child there, two monitors, two servers.
    expect(processes).toHaveLength(14);
    if (how === 'restart') await cloud.stop();
    else await cloud.crash();
    // The cloud goes on while nobody minds it, metadata excepted.
    expect(await everythingWorks()).toBe(true);
    expect((await one.exec('ping', '-c', '1', '-W', '1', '10.0.0.1')).code).toBe(0);
    await cloud.start();
    // It has looked at everything once when a change is through.
    const extra = await red.make('network', { name: 'extra' });
    await red.make('subnet', { network_id: extra.id, cidr: '10.1.0.0/24', ip_version: 4 });
    const namespace = `${prefix}-dhcp-${extra.id.replaceAll('-', '').slice(0, 11)}`;
    expect(await soon(async () => (await readdir('/run/netns')).includes(namespace))).toBe(true);
    expect((await red.neutron('DELETE', `/v2.0/networks/${extra.id}`)).status).toBe(204);
    expect(await soon(async () => !(await readdir('/run/netns')).includes(namespace))).toBe(true);
    await serverBecomes(red, one.id, 'ACTIVE');
    expect(await running()).toEqual(processes);
    const heard = echoes.map((echo) => echo.heard());
    await sleep(1000);
    expect(echoes.every((echo, index) => echo.heard() > (heard[index] ?? 0))).toBe(true);
    expect(echoes.map((echo) => echo.close())).toEqual([true, true]);
    expect(await everythingWorks()).toBe(true);
    expect(await one.get('http://169.254.169.254/latest/meta-data/local-ipv4')).toBe(one.address);
  });

  it('finds a network that somebody broke, and mends it', async () => {
    const all = await running();
    const dhcp = `${prefix}-dhcp-${network.id.replaceAll('-', '').slice(0, 11)}`;
    const router = `${prefix}-router-${(await routerId()).replaceAll('-', '').slice(0, 11)}`;
    const pids = (await run(['ip', 'netns', 'pids', dhcp])).stdout.split('\n').filter(Boolean);
    for (const pid of pids) process.kill(Number(pid), 'SIGKILL');
    await run(['ip', 'netns', 'del', router]);
    const back = async (): Promise<boolean> =>
      (await readdir('/run/netns')).includes(router) &&
      (await running()).length === all.length &&
      (await everythingWorks());
    expect(await soon(back, 60_000)).toBe(true);
    expect((await running()).filter((pid) => pids.includes(pid))).toEqual([]);
    expect(await one.get('http://169.254.169.254/latest/meta-data/local-ipv4')).toBe(one.address);
  });
});

const routerId = async (): Promise<string> => (await red.neutron('GET', '/v2.0/routers')).body.routers[0].id;

/** What a reboot does to the machine: every process ends, the kernel's tables are empty; only the data directory stays. */
async function reboot(serverIds: readonly string[]): Promise<void> {
  await cloud.crash();
  const directory = cloud.config.dataDir;
  const namespaces = (await readdir('/run/netns')).filter((name) => name.startsWith(`${prefix}-`));
  const inits = await Promise.all(serverIds.map(async (id) => await initPid(cloud, id)));
  const others = await Promise.all(
    namespaces.map(async (name) => (await run(['ip', 'netns', 'pids', name])).stdout.split('\n')),
  );
  for (const pid of [...others.flat(), ...inits].filter(Boolean).map(Number))
    try {
      process.kill(pid, 'SIGKILL');
    } catch {
      // Ended with another one.
    }
  for (const name of namespaces) await run(['ip', 'netns', 'del', name]);
  await run(['ip', 'link', 'del', `${prefix}0`], { okCodes: 'any' });
  await run(['nft', 'delete', 'table', 'inet', `matryoshka_${prefix}`]);
  for (const line of (await readFile('/proc/mounts', 'utf8')).split('\n').toReversed()) {
    const [, target = ''] = line.split(' ');
    if (target.startsWith(directory)) await run(['umount', '-l', target]);
  }
  for (const controller of await readdir('/sys/fs/cgroup'))
    for (const name of await readdir(join('/sys/fs/cgroup', controller)).catch(() => []))
      if (serverIds.some((id) => name.startsWith('lxc.') && name.includes(id)))
        await soon(async () => {
          await run(['find', join('/sys/fs/cgroup', controller, name), '-depth', '-type', 'd', '-delete'], {
            okCodes: 'any',
          });
          return !(await readdir(join('/sys/fs/cgroup', controller))).includes(name);
        });
}

describe('after a reboot', () => {
  it('everything that ran runs again as it was, and nothing else', async () => {
    const off = await bootServer(cloud, red, { name: 'off', imageId, networks: [{ uuid: network.id }] });
    await red.nova('POST', `/v2.1/servers/${off.id}/action`, { 'os-stop': null });
    await serverBecomes(red, off.id, 'SHUTOFF');
    await one.exec('sh', '-c', 'echo kept >/srv/kept');
    const view = async () => ({
      servers: (await red.nova('GET', '/v2.1/servers/detail')).body.servers.map(
        ({ id, status, addresses }: Record<string, unknown>) => ({ id, status, addresses }),
      ),
      ports: (await red.neutron('GET', '/v2.0/ports')).body.ports.map(
        ({ id, status, fixed_ips, mac_address, device_id }: Record<string, unknown>) => [
          id,
          status,
          fixed_ips,
          mac_address,
          device_id,
        ],
      ),
      routers: (await red.neutron('GET', '/v2.0/routers')).body.routers,
      floatingIps: (await red.neutron('GET', '/v2.0/floatingips')).body.floatingips.map(
        ({ floating_ip_address, port_id, status }: Record<string, unknown>) => [floating_ip_address, port_id, status],
      ),
      loadBalancers: (await red.octavia('GET', `${lbaas}/loadbalancers`)).body.loadbalancers.map(
        ({ id, vip_address, provisioning_status }: Record<string, unknown>) => [id, vip_address, provisioning_status],
      ),
    });
    const seen = await view();
    await reboot([one.id, two.id, off.id]);
    // The kernel's settings would be gone as well; other clouds on the machine may need them.
    const left = added(before, await machineState(prefix, marks()));
    expect(left.filter((line) => !line.startsWith('setting: '))).toEqual([]);
    await cloud.start();
    expect(await soon(everythingWorks, 60_000)).toBe(true);
    for (const server of [one, two]) await serverBecomes(red, server.id, 'ACTIVE');
    expect(await view()).toEqual(seen);
    expect(await initPid(cloud, off.id)).toBe('');
    one = await knownServer(cloud, red, one.id);
    two = await knownServer(cloud, red, two.id);
    expect((await one.exec('cat', '/srv/kept')).stdout).toBe('kept\n');
    expect((await one.exec('ip', 'addr', 'show', 'eth0')).stdout).toContain(` ${one.address}/24`);
    await red.nova('DELETE', `/v2.1/servers/${off.id}`);
    expect(await soon(async () => (await red.nova('GET', `/v2.1/servers/${off.id}`)).status === 404)).toBe(true);
  });
});

const left = async (serverId: string): Promise<readonly string[]> => {
  const files = (await readdir(join(cloud.config.dataDir, 'pocket-cloud/servers'))).filter((name) => name === serverId);
  return [...files, ...[...(await machineState(prefix, marks()))].filter((line) => line.includes(serverId))];
};
const gone = async (id: string): Promise<void> => {
  expect(await soon(async () => (await red.nova('GET', `/v2.1/servers/${id}`)).status === 404, 60_000)).toBe(true);
  expect(await left(id)).toEqual([]);
  expect((await red.neutron('GET', `/v2.0/ports?device_id=${id}`)).body.ports).toEqual([]);
};
const order = (name: string) => ({
  server: { name, imageRef: imageId, flavorRef: '1', networks: [{ uuid: network.id }] },
});

describe('a crash', () => {
  it.each([0, 40, 120, 250, 500])('%i ms after the order of a server and of its end is made good', async (delayMs) => {
    const answer = await red.nova('POST', '/v2.1/servers', order(`crash-${delayMs}`));
    expect(answer.status).toBe(202);
    const id = answer.body.server.id as string;
    await sleep(delayMs);
    await cloud.crash();
    await cloud.start();
    await serverBecomes(red, id, 'ACTIVE');
    const server = await knownServer(cloud, red, id);
    expect(await soon(async () => (await server.exec('cat', '/srv/name')).stdout.trim() === `crash-${delayMs}`)).toBe(
      true,
    );
    expect((await red.nova('DELETE', `/v2.1/servers/${id}`)).status).toBe(204);
    await sleep(delayMs);
    await cloud.crash();
    await cloud.start();
    await gone(id);
  });

  it('in the middle of requests leaves whole objects or none', async () => {
    const wanted = async (name: string): Promise<unknown> =>
      await Promise.allSettled([
        red.nova('POST', '/v2.1/servers', order(name)),
        red.neutron('POST', '/v2.0/networks', { network: { name } }),
        red.octavia('POST', `${lbaas}/loadbalancers`, { loadbalancer: { name, vip_network_id: network.id } }),
      ]);
    for (const delayMs of [2, 6, 12, 25]) {
      const answers = wanted(`cut-${delayMs}`);
      await sleep(delayMs);
      await cloud.crash();
      await answers;
      await cloud.start();
    }
    const named = <T extends { readonly name: string }>(list: readonly T[]): readonly T[] =>
      list.filter(({ name }) => name.startsWith('cut-'));
    const servers = named<{ id: string; name: string }>((await red.nova('GET', '/v2.1/servers')).body.servers);
    for (const { id } of servers) {
      // A server whose ports were not all made ends by itself; any other one comes up.
      const state = async (): Promise<string> =>
        (await red.nova('GET', `/v2.1/servers/${id}`)).body.server?.status ?? 'GONE';
      expect(await soon(async () => ['ACTIVE', 'GONE'].includes(await state()), 60_000)).toBe(true);
      await red.nova('DELETE', `/v2.1/servers/${id}`);
      await gone(id);
    }
    for (const { id } of named<{ id: string; name: string }>(
      (await red.neutron('GET', '/v2.0/networks')).body.networks,
    ))
      expect((await red.neutron('DELETE', `/v2.0/networks/${id}`)).status).toBe(204);
    const balancers = async () =>
      named<{ id: string; name: string; provisioning_status: string }>(
        (await red.octavia('GET', `${lbaas}/loadbalancers`)).body.loadbalancers,
      );
    for (const { id } of await balancers()) {
      const ready = async (): Promise<boolean> =>
        (await balancers()).some((lb) => lb.id === id && lb.provisioning_status === 'ACTIVE');
      expect(await soon(ready)).toBe(true);
      await red.octavia('DELETE', `${lbaas}/loadbalancers/${id}`);
    }
    expect(await soon(async () => (await balancers()).length === 0)).toBe(true);
    const compute = (await red.neutron('GET', '/v2.0/ports')).body.ports.filter(
      (port: { device_owner: string }) => port.device_owner === 'compute:nova' || port.device_owner === 'Octavia',
    );
    expect(compute).toHaveLength(3);
  });
});

describe('purge', () => {
  it('gives the machine back as it was', async () => {
    expect(await everythingWorks()).toBe(true);
    expect(Number(await readFile('/proc/sys/fs/inotify/max_user_instances', 'utf8'))).toBeGreaterThanOrEqual(8192);
    const during = added(before, await machineState(prefix, marks()));
    for (const kind of ['namespace', 'interface', 'mount', 'nft', 'cgroup', 'process'])
      expect(during.some((line) => line.startsWith(`${kind}: `))).toBe(true);
    await cloud.purge();
    expect(added(before, await machineState(prefix, marks()))).toEqual([]);
    expect(await readdir(tmpdir())).not.toContain(cloud.config.dataDir.split('/').at(-1));
  });
});
