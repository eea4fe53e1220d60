import { readFile } from 'node:fs/promises';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { activeNodes, killAll, leftOf, nodesOf, pidsIn, proxiesOf } from '../testing/load-balancers.ts';
import { soon, type TestServer } from '../testing/servers.ts';
import { lbaas, startWebServers, type WebServers } from '../testing/web-servers.ts';

let world: WebServers;
let cloud: WebServers['cloud'];
let red: WebServers['red'];
let network: WebServers['network'];
let subnet: WebServers['subnet'];
let one: TestServer;
let two: TestServer;
let client: TestServer;
let settled: WebServers['settled'];
let answersAsOne: WebServers['answersAsOne'];

beforeAll(async () => {
  world = await startWebServers('pnz', 30);
  ({ cloud, red, network, subnet, one, two, client, settled, answersAsOne } = world);
});
afterAll(async () => await world?.purge());

/** Deletes it and looks for anything left. */
const gone = async (id: string): Promise<void> => {
  await red.octavia('DELETE', `${lbaas}/loadbalancers/${id}?cascade=true`);
  expect(await soon(async () => (await red.octavia('GET', `${lbaas}/loadbalancers/${id}`)).status === 404)).toBe(true);
  expect(await leftOf(cloud, red, id)).toEqual([]);
};

/** A load balancer whose only member is the server `one`. */
async function inFrontOfOne(): Promise<{ readonly id: string; readonly vip_address: string }> {
  const listener = {
    protocol: 'TCP',
    protocol_port: 80,
    default_pool: {
      protocol: 'TCP',
      lb_algorithm: 'ROUND_ROBIN',
      members: [{ address: one.address, protocol_port: 80 }],
    },
  };
  const made = await red.octavia('POST', `${lbaas}/loadbalancers`, {
    loadbalancer: { vip_subnet_id: subnet.id, listeners: [listener] },
  });
  await settled(made.body.loadbalancer.id);
  return made.body.loadbalancer;
}

describe('the nodes of a load balancer', () => {
  it('come back when they are killed', async () => {
    const lb = await inFrontOfOne();
    const works = async (): Promise<boolean> => await answersAsOne(lb.vip_address);
    expect(await soon(works)).toBe(true);
    const pids = await proxiesOf(cloud, lb.id);
    expect(pids.length).toBeGreaterThan(0);
    killAll(pids);
    expect(await works()).toBe(false);
    expect(await soon(works)).toBe(true);
    await gone(lb.id);
  });

  it('are a pair: when the active node is killed the other takes the address, and keeps it when the first is back', async () => {
    const lb = await inFrontOfOne();
    expect(await soon(async () => await answersAsOne(lb.vip_address))).toBe(true);
    const nodes = await nodesOf(cloud, lb.id);
    expect(nodes).toHaveLength(2);
    const [active = '', ...none] = await activeNodes(cloud, lb.id, lb.vip_address);
    expect(none).toEqual([]);
    killAll(await pidsIn(active));
    // What is killed cannot take the address from itself: the next life of the node does.
    await soon(async () => (await activeNodes(cloud, lb.id, lb.vip_address)).some((node) => node !== active));
    expect(await soon(async () => await answersAsOne(lb.vip_address))).toBe(true);
    const programs = async (): Promise<number> => (await pidsIn(active)).length;
    expect(await soon(async () => (await programs()) >= 3, 30_000)).toBe(true);
    const others = nodes.filter((node) => node !== active);
    expect(await soon(async () => (await activeNodes(cloud, lb.id, lb.vip_address)).join() === others.join())).toBe(
      true,
    );
    await gone(lb.id);
  });

  it('are one where the flavor says so', async () => {
    const { flavors } = (await red.octavia('GET', `${lbaas}/flavors`)).body;
    const single = flavors.find((flavor: { name: string }) => flavor.name === 'single');
    const body = { loadbalancer: { vip_subnet_id: subnet.id, flavor_id: single.id } };
    const lb = (await red.octavia('POST', `${lbaas}/loadbalancers`, body)).body.loadbalancer;
    await settled(lb.id);
    expect(await nodesOf(cloud, lb.id)).toHaveLength(1);
    await gone(lb.id);
    const other = { loadbalancer: { vip_subnet_id: subnet.id, flavor_id: network.id } };
    expect((await red.octavia('POST', `${lbaas}/loadbalancers`, other)).status).toBe(400);
  });

  it('carry datagrams beside connections on the same port', async () => {
    const listen = async (server: TestServer, port: number, word: string): Promise<void> => {
      const program = `import socket; s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM); s.bind(("", ${port}))
while True: s.sendto(b"${word}", s.recvfrom(99)[1])`;
      await server.execOfHost('sh', '-c', `timeout 120 python3 -c '${program}' >/dev/null 2>&1 &`);
    };
    for (const server of [one, two]) await listen(server, 5353, server.name);
    const poolOf = (protocol: 'TCP' | 'UDP', protocol_port: number, servers: readonly TestServer[]) => ({
      protocol,
      lb_algorithm: 'ROUND_ROBIN',
      members: servers.map(({ address }) => ({ address, protocol_port })),
    });
    const listeners = [
      { protocol: 'UDP', protocol_port: 80, default_pool: poolOf('UDP', 5353, [one, two]) },
      { protocol: 'TCP', protocol_port: 80, default_pool: poolOf('TCP', 80, [one]) },
    ];
    const made = await red.octavia('POST', `${lbaas}/loadbalancers`, {
      loadbalancer: { vip_subnet_id: subnet.id, listeners },
    });
    expect([made.status, made.body.faultstring]).toEqual([201, undefined]);
    const lb = made.body.loadbalancer;
    await settled(lb.id);
    const ask = async (): Promise<string> => {
      const program = `import socket; s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM); s.settimeout(1)
s.sendto(b"?", ("${lb.vip_address}", 80)); print(s.recvfrom(99)[0].decode())`;
      return (await client.execOfHost('python3', '-c', program)).stdout.trim();
    };
    const both = async (): Promise<boolean> =>
      new Set([await ask(), await ask(), await ask(), await ask()].filter((name) => name !== '')).size === 2;
    expect(await soon(both)).toBe(true);
    expect(await answersAsOne(lb.vip_address)).toBe(true);
    const pools = (await red.octavia('GET', `${lbaas}/pools?loadbalancer_id=${lb.id}`)).body.pools;
    const datagrams = pools.find((pool: { protocol: string }) => pool.protocol === 'UDP');
    const members = [{ address: two.address, protocol_port: 5353 }];
    expect((await red.octavia('PUT', `${lbaas}/pools/${datagrams.id}/members`, { members })).status).toBe(202);
    await settled(lb.id);
    expect([await ask(), await ask(), await ask()]).toEqual(['two', 'two', 'two']);
    const statuses = async (): Promise<readonly string[]> =>
      (await red.octavia('GET', `${lbaas}/pools/${datagrams.id}/members`)).body.members
        .map(({ name, operating_status }: { name: string; operating_status: string }) => `${name} ${operating_status}`)
        .sort();
    expect(await soon(async () => (await statuses()).join() === ' NO_MONITOR')).toBe(true);

    // With a monitor, a member whose port nobody listens on gets nothing, and is used again once somebody does.
    const named = [one, two].map(({ name, address }) => ({ name, address, protocol_port: 5353 }));
    const silent = { name: 'silent', address: one.address, protocol_port: 5354 };
    const all = { members: [...named, silent] };
    expect((await red.octavia('PUT', `${lbaas}/pools/${datagrams.id}/members`, all)).status).toBe(202);
    await settled(lb.id);
    const healthmonitor = { pool_id: datagrams.id, type: 'UDP-CONNECT', delay: 3, timeout: 2, max_retries: 1 };
    const quick = { healthmonitor: { ...healthmonitor, delay: 2 } };
    expect((await red.octavia('POST', `${lbaas}/healthmonitors`, quick)).status).toBe(400);
    const monitor = { healthmonitor: { ...healthmonitor, max_retries_down: 1 } };
    expect((await red.octavia('POST', `${lbaas}/healthmonitors`, monitor)).status).toBe(201);
    await settled(lb.id);
    const seen = (last: string) => async (): Promise<boolean> =>
      (await statuses()).join() === `one ONLINE,silent ${last},two ONLINE`;
    expect(await soon(seen('ERROR'), 30_000)).toBe(true);
    expect(await soon(async () => (await Promise.all([ask(), ask(), ask(), ask(), ask(), ask()])).every(Boolean))).toBe(
      true,
    );
    await listen(one, 5354, 'late');
    expect(await soon(seen('ONLINE'), 30_000)).toBe(true);
    const late = async (): Promise<boolean> => [await ask(), await ask(), await ask(), await ask()].includes('late');
    expect(await soon(late)).toBe(true);
    await gone(lb.id);
  });

  it('wait quietly for a member that refuses with an ICMP error, and reach it as soon as it does not', async () => {
    const lb = await inFrontOfOne();
    expect(await soon(async () => await answersAsOne(lb.vip_address))).toBe(true);
    // As kube-proxy refuses connections to a service without endpoints.
    const refusal = 'table ip t { chain c { type filter hook input priority 0; tcp dport 80 reject; }; }';
    expect((await one.execOfHost('nft', refusal)).code).toBe(0);
    const ticks = async (): Promise<number> => {
      const stats = (await proxiesOf(cloud, lb.id)).map(async (pid) =>
        (await readFile(`/proc/${pid}/stat`, 'utf8')).split(' '),
      );
      return (await Promise.all(stats)).reduce((sum, [...field]) => sum + Number(field[13]) + Number(field[14]), 0);
    };
    const before = await ticks();
    expect(await client.get(`http://${lb.vip_address}/name`)).toBeUndefined();
    // Of the two seconds (200 ticks) that the client waited, the proxy used next to nothing.
    expect((await ticks()) - before).toBeLessThan(50);
    expect((await one.execOfHost('nft', 'delete table ip t')).code).toBe(0);
    expect(await soon(async () => await answersAsOne(lb.vip_address))).toBe(true);
    await gone(lb.id);
  });
});
