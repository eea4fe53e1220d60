import { mkdtemp, readdir, readFile, rm, stat } from 'node:fs/promises';
import { homedir, tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import {
  initPid,
  lbaas,
  makeServerImage,
  makeTenant,
  makeWebServers,
  startTestCloudProcess,
  type Tenant,
  uploadImage,
} from '@matryoshka/pocket-cloud/testing';
import { daemonStatus, readFileIfExists, sleep } from '@matryoshka/system';
import { describeMs, median } from './statistics.ts';

// What pocket cloud alone takes: servers of the worker image until cloud-init is done, twenty at once and idle, a list of two hundred, what is left
// after creating and deleting those again and again, and load balancers beside a direct connection.

const { values } = parseArgs({ options: { rounds: { type: 'string', default: '5' }, image: { type: 'string' } } });
const rounds = Number(values.rounds);
const say = (line: string): void => void process.stdout.write(`${line}\n`);
const timed = async (work: () => Promise<unknown>): Promise<number> => {
  const started = performance.now();
  await work();
  return performance.now() - started;
};

const cloud = await startTestCloudProcess('pnb', 24);
const pid = (await daemonStatus(join(cloud.config.dataDir, 'pid')))?.pid;
try {
  const gold = await makeTenant(cloud, 'gold');
  await liftQuotas(gold);
  const network = await gold.make('network', { name: 'n' });
  await gold.make('subnet', { network_id: network.id, cidr: '10.0.0.0/16', ip_version: 4 });
  await workers(gold, network.id);
  await manyServers(gold, network.id);
  await loadBalancers();
} finally {
  await cloud.purge();
}

async function liftQuotas({ projectId }: Tenant): Promise<void> {
  const token = await cloud.token();
  const unlimited = { quota_set: { instances: -1, cores: -1, ram: -1 } };
  await cloud.call('nova', 'PUT', `/v2.1/os-quota-sets/${projectId}`, { token, json: unlimited });
  await cloud.call('neutron', 'PUT', `/v2.0/quotas/${projectId}`, { token, json: { quota: { port: -1 } } });
}

/** The newest worker image in the build cache. */
async function workerImage(): Promise<string> {
  if (values.image !== undefined) return values.image;
  const cache = join(homedir(), '.cache/matryoshka/worker-image');
  const files = (await readdir(cache)).map((name) => join(cache, name, 'rootfs', 'rootfs.squashfs'));
  const found = await Promise.all(
    files.map(async (file) => ({ file, at: (await stat(file).catch(() => undefined))?.mtimeMs ?? 0 })),
  );
  const newest = found.toSorted((one, two) => two.at - one.at)[0];
  if (newest === undefined || newest.at === 0) throw new Error('there is no worker image yet; run: kaas quickstart');
  return newest.file;
}

async function boot(tenant: Tenant, networkId: string, fields: object): Promise<string> {
  const server = { name: 'server', networks: [{ uuid: networkId }], ...fields };
  const { status, body } = await tenant.nova('POST', '/v2.1/servers', { server });
  if (status !== 202) throw new Error(`server: ${status} ${JSON.stringify(body)}`);
  return body.server.id;
}

async function until(reached: () => Promise<boolean>): Promise<void> {
  const end = Date.now() + 300_000;
  while (!(await reached())) {
    if (Date.now() > end) throw new Error('not after 300 s');
    await sleep(50);
  }
}
async function isActive(tenant: Tenant, id: string): Promise<boolean> {
  return (await tenant.nova('GET', `/v2.1/servers/${id}`)).body.server.status === 'ACTIVE';
}
async function isBooted(id: string): Promise<boolean> {
  const init = await initPid(cloud, id);
  // Not the folder `instance`: an absolute link, which would lead to the host's own.
  const file = `/proc/${init}/root/var/lib/cloud/data/result.json`;
  return init !== '' && (await stat(file).catch(() => undefined)) !== undefined;
}
async function removeAll(tenant: Tenant): Promise<void> {
  const { servers } = (await tenant.nova('GET', '/v2.1/servers')).body;
  await Promise.all(servers.map(async ({ id }: { id: string }) => await tenant.nova('DELETE', `/v2.1/servers/${id}`)));
  await until(async () => (await tenant.nova('GET', '/v2.1/servers')).body.servers.length === 0);
}

async function workers(tenant: Tenant, networkId: string): Promise<void> {
  const imageRef = await uploadImage(cloud, await readFile(await workerImage()));
  const wish = { imageRef, flavorRef: '2' };
  const [active, booted]: [number[], number[]] = [[], []];
  for (let round = 0; round < rounds; round += 1) {
    const started = performance.now();
    const id = await boot(tenant, networkId, wish);
    await until(async () => await isActive(tenant, id));
    active.push(performance.now() - started);
    await until(async () => await isBooted(id));
    booted.push(performance.now() - started);
    await removeAll(tenant);
  }
  say(`server create → ACTIVE: ${describeMs(active)}`);
  say(`server create → cloud-init done: ${describeMs(booted)} (aim 8 s)`);

  const started = performance.now();
  const ids = await Promise.all(Array.from({ length: 20 }, async () => await boot(tenant, networkId, wish)));
  for (const id of ids) await until(async () => await isActive(tenant, id));
  const allActive = performance.now() - started;
  for (const id of ids) await until(async () => await isBooted(id));
  say(
    `20 servers at once: ACTIVE after ${describeMs([allActive])}, cloud-init done ${describeMs([performance.now() - started])}`,
  );
  await sleep(20_000);
  const before = await cpuMs();
  await sleep(30_000);
  const share = ((await cpuMs()) - before) / 300;
  say(`idle with 20 servers: ${await memory()} MiB, ${share.toFixed(2)} % of a core (aims 200 MiB, 2 %)`);
  await removeAll(tenant);
}

/** Resident memory of the process, in MiB. */
async function memory(): Promise<number> {
  const status = (await readFileIfExists(`/proc/${pid}/status`)) ?? '';
  return Math.round(Number(/VmRSS:\s+(\d+)/.exec(status)?.[1] ?? Number.NaN) / 1024);
}

/** Processor time of the process so far; the kernel counts in hundredths of a second. */
async function cpuMs(): Promise<number> {
  const fields = (await readFile(`/proc/${pid}/stat`, 'utf8')).split(') ')[1]?.split(' ') ?? [];
  return (Number(fields[11]) + Number(fields[12])) * 10;
}

async function manyServers(tenant: Tenant, networkId: string): Promise<void> {
  const work = await mkdtemp(join(tmpdir(), 'bench-image-'));
  const imageRef = await uploadImage(cloud, await makeServerImage(work));
  await rm(work, { recursive: true, force: true });
  for (let round = 1; round <= 3; round += 1) {
    const ids: string[] = [];
    const created = await timed(async () => {
      for (let batch = 0; batch < 10; batch += 1) {
        const more = Array.from(
          { length: 20 },
          async () => await boot(tenant, networkId, { imageRef, flavorRef: '1' }),
        );
        ids.push(...(await Promise.all(more)));
        for (const id of ids.slice(-20)) await until(async () => await isActive(tenant, id));
      }
    });
    if (round === 1) {
      const lists: number[] = [];
      for (let call = 0; call < 300; call += 1)
        lists.push(await timed(async () => await tenant.nova('GET', '/v2.1/servers/detail')));
      const sorted = lists.toSorted((one, two) => one - two);
      say(
        `list of 200 servers in detail: median ${median(lists).toFixed(0)} ms, p99 ${sorted[296]?.toFixed(0)} ms (n=300)`,
      );
    }
    const deleted = await timed(async () => await removeAll(tenant));
    say(
      `200 servers, round ${round}: created in ${describeMs([created])}, deleted in ${describeMs([deleted])}; then ${await memory()} MiB`,
    );
  }
}

async function loadBalancers(): Promise<void> {
  const { red, subnet, one, client, settled, answersAsOne } = await makeWebServers(cloud);
  const firstByte: number[] = [];
  let address = '';
  for (let round = 0; round < rounds; round += 1) {
    const listeners = [80, 9000].map((port) => ({
      name: `l${port}`,
      protocol: 'TCP',
      protocol_port: port,
      default_pool: {
        name: `p${port}`,
        protocol: 'TCP',
        lb_algorithm: 'ROUND_ROBIN',
        members: [{ address: one.address, protocol_port: port, subnet_id: subnet.id }],
      },
    }));
    const started = performance.now();
    const { body } = await red.octavia('POST', `${lbaas}/loadbalancers`, {
      loadbalancer: { name: `lb${round}`, vip_subnet_id: subnet.id, listeners },
    });
    address = body.loadbalancer.vip_address;
    await until(async () => await answersAsOne(address));
    firstByte.push(performance.now() - started);
    await settled(body.loadbalancer.id);
    if (round < rounds - 1) await red.octavia('DELETE', `${lbaas}/loadbalancers/${body.loadbalancer.id}?cascade=true`);
  }
  say(`load balancer create → first byte: ${describeMs(firstByte)} (aim 4 s)`);
  const serving = one.execOfHost(
    process.execPath,
    '-e',
    "const b=Buffer.alloc(1<<20);require('net').createServer(s=>{s.on('error',()=>0);const w=()=>{while(s.write(b));};s.on('drain',w);w()}).listen(9000);setTimeout(()=>process.exit(),18000)",
  );
  await sleep(1_000);
  const speed = async (host: string): Promise<number> => {
    const script = `let n=0;const s=require('net').connect(9000,'${host}',()=>setTimeout(()=>{console.log(n);process.exit()},3000));s.on('data',d=>{n+=d.length})`;
    return Number((await client.execOfHost(process.execPath, '-e', script)).stdout) / 3 / 1e6;
  };
  const [direct, through]: [number[], number[]] = [[], []];
  for (let round = 0; round < 2; round += 1) {
    direct.push(await speed(one.address));
    through.push(await speed(address));
  }
  const ratio = median(through) / median(direct);
  say(
    `throughput: ${median(direct).toFixed(0)} MB/s direct, ${median(through).toFixed(0)} MB/s through a load balancer, ratio ${ratio.toFixed(2)} (n=2)`,
  );
  await serving;
}
