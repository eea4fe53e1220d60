import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { CommandError, run } from '@matryoshka/system';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { serviceUrl } from './config.ts';
import { startTestCloud, type TestCloud } from './testing/instance.ts';
import { makeServerImage } from './testing/server-image.ts';
import { hostGets, knownServer, soon } from './testing/servers.ts';
import { makeTenant, type Tenant } from './testing/tenant.ts';

/** The client is a program that starts for two seconds each time, and this machine may be busy. */
const timeoutMs = 600_000;
let cloud: TestCloud;
let red: Tenant;
let work: string;

beforeAll(async () => {
  work = await mkdtemp(join(tmpdir(), 'pocket-cli-'));
  cloud = await startTestCloud('pno', 27);
  red = await makeTenant(cloud, 'red');
  await makeServerImage(work);
  const file = join(work, 'server.squashfs');
  const formats = ['--disk-format', 'raw', '--container-format', 'bare'];
  await admin('image', 'create', 'i', ...formats, '--file', file, '--public');
});
afterAll(async () => {
  await cloud?.purge();
  await rm(work, { recursive: true, force: true });
});

const env = (user: 'red' | 'admin'): Record<string, string> => ({
  OS_AUTH_URL: `${serviceUrl(cloud.config, 'keystone')}/v3`,
  OS_IDENTITY_API_VERSION: '3',
  OS_USERNAME: user,
  OS_PASSWORD: user === 'admin' ? 'secret' : 'pw',
  OS_PROJECT_NAME: user,
  OS_USER_DOMAIN_NAME: 'Default',
  OS_PROJECT_DOMAIN_NAME: 'Default',
  OS_REGION_NAME: 'RegionOne',
});
type Words = readonly string[];
const call = async (user: 'red' | 'admin', words: Words): Promise<string> =>
  (await run(['openstack', ...words], { env: env(user), timeoutMs: 120_000 })).stdout;
/** Runs `openstack …` in the project's name. */
const does = async (...words: Words): Promise<void> => void (await call('red', words));
// biome-ignore lint/suspicious/noExplicitAny: tests look into answers of many shapes
const shows = async (...words: Words): Promise<any> => JSON.parse(await call('red', [...words, '-f', 'json']));
const admin = async (...words: Words): Promise<string> => await call('admin', words);
/** What it says when it fails. */
const fails = async (...words: Words): Promise<string> => {
  try {
    await does(...words);
  } catch (error) {
    if (error instanceof CommandError) return error.output;
    throw error;
  }
  return 'nothing: it worked';
};
const column = async (name: string, ...words: Words): Promise<readonly string[]> =>
  (await shows(...words)).map((row: Record<string, string>) => row[name]);

describe('the openstack command line', () => {
  it('finds the cloud’s parts', { timeout: timeoutMs }, async () => {
    const catalog = await column('Type', 'catalog', 'list');
    expect(catalog).toEqual(['identity', 'compute', 'network', 'image', 'load-balancer', 'volumev3', 'placement']);
    expect(await column('Alias', 'extension', 'list', '--network')).toContain('router');
    expect(await column('Zone Name', 'availability', 'zone', 'list', '--network')).toEqual(['nova', 'nova']);
    expect(await admin('network', 'agent', 'list', '-f', 'value', '-c', 'Agent Type')).toBe('DHCP agent\nL3 agent\n');
    expect(await column('Name', 'network', 'list', '--external')).toEqual(['public']);
    expect(await shows('network', 'agent', 'list')).toEqual([]);
    expect(await fails('network', 'show', 'nothing')).toContain('No Network found for nothing');
  });

  it('builds a network, a server and a load balancer, and takes all apart', { timeout: timeoutMs }, async () => {
    const network = await shows('network', 'create', 'n', '--mtu', '1450', '--tag', 'blue');
    expect(network).toMatchObject({ name: 'n', mtu: 1450, tags: ['blue'], project_id: red.projectId });
    const range = ['--network', 'n', '--subnet-range', '10.0.0.0/24', '--dns-nameserver', '9.9.9.9'];
    expect(await shows('subnet', 'create', 's', ...range)).toMatchObject({
      cidr: '10.0.0.0/24',
      gateway_ip: '10.0.0.1',
      enable_dhcp: true,
      dns_nameservers: ['9.9.9.9'],
    });
    await does('network', 'set', 'n', '--description', 'mine', '--tag', 'red');
    expect(await shows('network', 'show', 'n')).toMatchObject({ description: 'mine', tags: ['blue', 'red'] });
    expect(await column('Name', 'network', 'list', '--tags', 'red,blue')).toEqual(['n']);
    expect(await column('Subnet', 'subnet', 'list', '--network', 'n')).toEqual(['10.0.0.0/24']);

    await does('router', 'create', 'r');
    await does('router', 'set', 'r', '--external-gateway', 'public');
    await does('router', 'add', 'subnet', 'r', 's');
    const router = await shows('router', 'show', 'r');
    expect(router).toMatchObject({ status: 'ACTIVE', external_gateway_info: { enable_snat: true } });
    expect(router.interfaces_info).toMatchObject([{ ip_address: '10.0.0.1' }]);
    const route = ['--route', 'destination=10.9.0.0/16,gateway=10.0.0.9'];
    await does('router', 'add', 'route', 'r', ...route);
    await does('router', 'remove', 'route', 'r', ...route);

    await does('security', 'group', 'create', 'web', '--description', 'd');
    const rule = ['security', 'group', 'rule', 'create', 'web', '--protocol', 'tcp', '--dst-port', '80'];
    await does(...rule, '--remote-ip', '0.0.0.0/0');
    expect(await fails(...rule)).toMatch(/409.*Security group rule already exists/s);
    expect(await column('Port Range', 'security', 'group', 'rule', 'list', 'web', '--ingress')).toEqual(['80:80']);

    const fixed = ['--fixed-ip', 'subnet=s,ip-address=10.0.0.44', '--security-group', 'web'];
    await does('port', 'create', 'p', '--network', 'n', ...fixed);
    expect(await fails('port', 'create', 'q', '--network', 'n', ...fixed)).toMatch(/409.*10\.0\.0\.44 is in use/s);
    expect(await column('Name', 'port', 'list', '--network', 'n', '--fixed-ip', 'ip-address=10.0.0.44')).toEqual(['p']);

    await does('server', 'create', 'one', '--image', 'i', '--flavor', 'm1.tiny', '--port', 'p', '--wait');
    const server = await shows('server', 'show', 'one');
    expect(server).toMatchObject({ status: 'ACTIVE', addresses: { n: ['10.0.0.44'] } });
    expect(await column('Name', 'server', 'list', '--status', 'ACTIVE')).toEqual(['one']);
    const inside = await knownServer(cloud, red, server.id);
    expect(await soon(async () => (await inside.exec('cat', '/srv/name')).stdout.trim() === 'one')).toBe(true);

    const address = (await shows('floating', 'ip', 'create', 'public')).floating_ip_address;
    await does('server', 'add', 'floating', 'ip', 'one', address);
    const got = async (): Promise<boolean> => (await hostGets(address)) === 'one';
    expect(await soon(async () => await got())).toBe(true);
    await does('server', 'remove', 'floating', 'ip', 'one', address);

    await does('loadbalancer', 'create', '--name', 'lb', '--vip-subnet-id', 's', '--wait');
    const listener = ['--name', 'l', '--protocol', 'TCP', '--protocol-port', '80', '--wait'];
    await does('loadbalancer', 'listener', 'create', ...listener, 'lb');
    const pool = ['--name', 'pool', '--protocol', 'TCP', '--lb-algorithm', 'ROUND_ROBIN', '--listener', 'l', '--wait'];
    await does('loadbalancer', 'pool', 'create', ...pool);
    const monitor = ['--name', 'm', '--type', 'TCP', '--delay', '1', '--timeout', '1', '--max-retries', '1', '--wait'];
    await does('loadbalancer', 'healthmonitor', 'create', ...monitor, 'pool');
    const member = ['--name', 'one', '--address', '10.0.0.44', '--protocol-port', '80', '--subnet-id', 's', '--wait'];
    await does('loadbalancer', 'member', 'create', ...member, 'pool');
    const lb = await shows('loadbalancer', 'show', 'lb');
    expect(lb).toMatchObject({ provisioning_status: 'ACTIVE', name: 'lb' });
    await does('floating', 'ip', 'set', '--port', lb.vip_port_id, address);
    expect(await soon(async () => await got())).toBe(true);
    const online = async (): Promise<boolean> =>
      JSON.parse(await call('red', ['loadbalancer', 'status', 'show', 'lb'])).loadbalancer.operating_status ===
      'ONLINE';
    expect(await soon(online, 60_000)).toBe(true);
    await does('loadbalancer', 'listener', 'set', '--allowed-cidr', '10.0.0.0/8', 'l', '--wait');
    expect(await soon(async () => !(await got()))).toBe(true);
    expect(await column('name', 'loadbalancer', 'member', 'list', 'pool')).toEqual(['one']);
    expect(await fails('loadbalancer', 'delete', 'lb')).toContain('has children');
    await does('loadbalancer', 'delete', '--cascade', '--wait', 'lb');
    expect(await shows('loadbalancer', 'list')).toEqual([]);

    await does('floating', 'ip', 'delete', address);
    await does('server', 'delete', 'one', '--wait');
    await does('port', 'delete', 'p');
    expect(await fails('router', 'delete', 'r')).toMatch(/409.*still attached/s);
    await does('router', 'remove', 'subnet', 'r', 's');
    await does('router', 'delete', 'r');
    await does('security', 'group', 'delete', 'web');
    await does('subnet', 'delete', 's');
    await does('network', 'delete', 'n');
    expect(await column('Name', 'network', 'list')).toEqual(['public']);
    expect(await shows('port', 'list')).toEqual([]);
    expect(await column('Name', 'security', 'group', 'list')).toEqual(['default']);
  });

  it('makes volumes and snapshots', { timeout: timeoutMs }, async () => {
    expect(await column('Name', 'volume', 'type', 'list')).toContain('__DEFAULT__');
    const made = await shows('volume', 'create', '--size', '1', '--property', 'a=b', 'data');
    expect(made).toMatchObject({ name: 'data', size: 1, properties: { a: 'b' } });
    const status = async (...what: Words): Promise<string> => (await shows(...what)).status;
    const available = async (...what: Words): Promise<boolean> => (await status(...what)) === 'available';
    expect(await soon(async () => await available('volume', 'show', 'data'))).toBe(true);
    await does('volume', 'set', '--size', '2', 'data');
    expect(await soon(async () => await available('volume', 'show', 'data'))).toBe(true);
    expect((await shows('volume', 'show', 'data')).size).toBe(2);
    expect(await fails('volume', 'create', '--size', '1', '--type', 'nonsense', 'x')).toContain('nonsense');
    await does('volume', 'snapshot', 'create', '--volume', 'data', 'copy');
    expect(await soon(async () => await available('volume', 'snapshot', 'show', 'copy'))).toBe(true);
    expect(await fails('volume', 'delete', 'data')).toMatch(/snapshots/);
    await does('volume', 'create', '--snapshot', 'copy', 'restored');
    expect(await soon(async () => await available('volume', 'show', 'restored'))).toBe(true);
    await does('volume', 'snapshot', 'delete', 'copy');
    expect(await soon(async () => (await shows('volume', 'snapshot', 'list')).length === 0)).toBe(true);
    await does('volume', 'delete', 'data', 'restored');
    expect(await soon(async () => (await shows('volume', 'list')).length === 0)).toBe(true);
    expect(await admin('volume', 'service', 'list', '-f', 'value', '-c', 'State')).toMatch(/^(up\n)+$/);
  });

  it('attaches volumes to servers', { timeout: timeoutMs }, async () => {
    const status = async (): Promise<string> => (await shows('volume', 'show', 'disk')).status;
    const becomes = async (wanted: string): Promise<boolean> => await soon(async () => (await status()) === wanted);
    // A server without a network needs a newer microversion than the client's default.
    const server = ['--os-compute-api-version', '2.90', 'server'];
    await does(...server, 'create', 'host', '--image', 'i', '--flavor', 'm1.tiny', '--nic', 'none', '--wait');
    await does('volume', 'create', '--size', '1', 'disk');
    expect(await becomes('available')).toBe(true);
    await does(...server, 'add', 'volume', 'host', 'disk');
    expect(await becomes('in-use')).toBe(true);
    const { id } = await shows('volume', 'show', 'disk');
    expect(await shows(...server, 'volume', 'list', 'host')).toEqual([
      expect.objectContaining({ 'Volume ID': id, Device: expect.stringMatching(/^\/dev\/vd[a-z]$/) }),
    ]);
    expect(await fails('volume', 'delete', 'disk')).toMatch(/must be available or error.*400/s);
    await does(...server, 'remove', 'volume', 'host', 'disk');
    expect(await becomes('available')).toBe(true);
    expect(await shows(...server, 'volume', 'list', 'host')).toEqual([]);
    await does(...server, 'delete', 'host', '--wait');
    await does('volume', 'delete', 'disk');
    expect(await soon(async () => (await shows('volume', 'list')).length === 0)).toBe(true);
  });

  it('shows and sets quotas', { timeout: timeoutMs }, async () => {
    await admin('quota', 'set', '--networks', '1', '--ports', '7', '--floating-ips', '0', 'red');
    expect(await shows('quota', 'show')).toMatchObject({ networks: 1, ports: 7, 'floating-ips': 0, routers: 10 });
    expect(await fails('floating', 'ip', 'create', 'public')).toMatch(
      /409.*Quota exceeded for resources: \['floatingip'\]/s,
    );
    await does('network', 'create', 'only');
    expect(await fails('network', 'create', 'more')).toMatch(/409.*Quota exceeded for resources: \['network'\]/s);
    expect(await fails('quota', 'set', '--networks', '9', 'red')).toContain('403');
    await does('network', 'delete', 'only');
  });
});
