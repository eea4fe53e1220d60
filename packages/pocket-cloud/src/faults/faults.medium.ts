import { mkdtemp, rm } from 'node:fs/promises';
import { request } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { sleep } from '@matryoshka/system';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { pocketCloudPaths } from '../config.ts';
import { startTestCloud, type TestCloud } from '../testing/instance.ts';
import { makeServerImage } from '../testing/server-image.ts';
import { knownServer, serverBecomes, soon, uploadImage } from '../testing/servers.ts';
import { makeTenant, type Tenant } from '../testing/tenant.ts';
import { attach, detach, makeVolume, volumeBecomes } from '../testing/volumes.ts';

let cloud: TestCloud;
let red: Tenant;
let imageId: string;
let work: string;
let network: { readonly id: string };
let subnet: { readonly id: string };

beforeAll(async () => {
  work = await mkdtemp(join(tmpdir(), 'pocket-faults-'));
  cloud = await startTestCloud('pnq', 29, { faults: true });
  red = await makeTenant(cloud, 'red');
  imageId = await uploadImage(cloud, await makeServerImage(work));
  network = await red.make('network', { name: 'n' });
  subnet = await red.make('subnet', { network_id: network.id, cidr: '10.0.0.0/24', ip_version: 4 });
});
afterEach(async () => await asks('DELETE', '/faults'));
afterAll(async () => {
  await cloud?.purge();
  await rm(work, { recursive: true, force: true });
});

/** Asks the socket for faults; answers the status. */
async function asks(method: 'GET' | 'POST' | 'DELETE', path: string, json?: unknown): Promise<number> {
  const { adminSocket: socketPath } = pocketCloudPaths(cloud.config);
  const headers = json === undefined ? {} : { 'content-type': 'application/json' };
  return await new Promise((resolve, reject) => {
    const call = request({ socketPath, method, path, headers }, (answer) => {
      answer.resume().once('end', () => resolve(answer.statusCode ?? 0));
    });
    call.once('error', reject).end(json === undefined ? '' : JSON.stringify(json));
  });
}
const inject = async (fault: object): Promise<void> => expect(await asks('POST', '/faults', { fault })).toBe(200);
const boot = async (name: string, networks: unknown = 'none'): Promise<string> => {
  const server = { name, imageRef: imageId, flavorRef: '1', networks };
  const { status, body } = await red.nova('POST', '/v2.1/servers', { server });
  expect(status).toBe(202);
  return body.server.id;
};
const ends = async (id: string): Promise<void> => {
  await red.nova('DELETE', `/v2.1/servers/${id}`);
  expect(await soon(async () => (await red.nova('GET', `/v2.1/servers/${id}`)).status === 404)).toBe(true);
};

describe('injected faults', () => {
  it('are answers: as often as asked, before or after the effect, or late', async () => {
    await inject({
      kind: 'answer',
      service: 'nova',
      path: '^/v2.1/servers$',
      status: 429,
      headers: { 'retry-after': '7' },
      times: 2,
    });
    for (let time = 0; time < 2; time += 1) {
      const refused = await red.nova('GET', '/v2.1/servers');
      expect([refused.status, refused.headers.get('retry-after')]).toEqual([429, '7']);
      expect(refused.body).toMatchObject({ overLimit: { code: 429 } });
    }
    expect((await red.nova('GET', '/v2.1/servers')).status).toBe(200);
    await inject({
      kind: 'answer',
      service: 'cinder',
      method: 'POST',
      path: '/volumes$',
      status: 500,
      afterEffect: true,
      times: 1,
    });
    expect((await red.cinder('POST', '/volumes', { volume: { size: 1, name: 'twice' } })).status).toBe(500);
    const made = (await red.cinder('GET', '/volumes?name=twice')).body.volumes;
    expect(made).toHaveLength(1);
    await volumeBecomes(red, made[0].id, 'available');
    await red.cinder('DELETE', `/volumes/${made[0].id}`);
    await inject({ kind: 'delay', service: 'keystone', path: '/v3/projects', ms: 700, times: 1 });
    const began = performance.now();
    await cloud.call('keystone', 'GET', '/v3/projects', { token: red.token });
    expect(performance.now() - began).toBeGreaterThan(650);
    for (const fault of [{ kind: 'nothing' }, { kind: 'delay', service: 'nova' }, { kind: 'server-silent', name: '(' }])
      expect(await asks('POST', '/faults', { fault })).toBe(400);
  });

  it('are servers that find no host, or never hear who they are', async () => {
    const message = 'No valid host was found. There are not enough hosts available.';
    await inject({ kind: 'server-error', name: '^unlucky$', message });
    const unlucky = await boot('unlucky');
    await serverBecomes(red, unlucky, 'ERROR');
    expect((await red.nova('GET', `/v2.1/servers/${unlucky}`)).body.server.fault).toMatchObject({ code: 500, message });
    await inject({ kind: 'server-silent', name: '^deaf$' });
    const deaf = await boot('deaf', [{ uuid: network.id }]);
    await serverBecomes(red, deaf, 'ACTIVE');
    const machine = await knownServer(cloud, red, deaf);
    const knows = async (): Promise<boolean> => (await machine.exec('cat', '/srv/name')).stdout.trim() === 'deaf';
    expect(await soon(knows, 4_000)).toBe(false);
    await asks('DELETE', '/faults');
    expect(await soon(knows)).toBe(true);
    await ends(unlucky);
    await ends(deaf);
  });

  it('are networks without DHCP', async () => {
    await inject({ kind: 'dhcp-lost', name: '^mute$' });
    const mute = await red.make('network', { name: 'mute' });
    await red.make('subnet', { network_id: mute.id, cidr: '10.1.0.0/24', ip_version: 4 });
    const id = await boot('lost', [{ uuid: mute.id }]);
    await serverBecomes(red, id, 'ACTIVE');
    const machine = await knownServer(cloud, red, id);
    const leased = async (): Promise<boolean> => (await machine.exec('ip', 'addr')).stdout.includes(machine.address);
    expect(await soon(leased, 4_000)).toBe(false);
    await asks('DELETE', '/faults');
    await red.make('network', { name: 'any other change' });
    expect(await soon(leased, 60_000)).toBe(true);
    await ends(id);
  });

  it('are load balancers that stay pending or fail', async () => {
    await inject({ kind: 'load-balancer', name: '^slow$', outcome: 'stuck' });
    await inject({ kind: 'load-balancer', name: '^broken$', outcome: 'error' });
    const status = async (id: string): Promise<string> =>
      (await red.octavia('GET', `/v2.0/lbaas/loadbalancers/${id}`)).body.loadbalancer?.provisioning_status ?? 'gone';
    const make = async (name: string): Promise<string> =>
      (await red.octavia('POST', '/v2.0/lbaas/loadbalancers', { loadbalancer: { name, vip_subnet_id: subnet.id } }))
        .body.loadbalancer.id;
    const [slow, broken] = [await make('slow'), await make('broken')];
    expect(await soon(async () => (await status(broken)) === 'ERROR')).toBe(true);
    await sleep(1_500);
    expect(await status(slow)).toBe('PENDING_CREATE');
    await asks('DELETE', '/faults');
    expect(await soon(async () => (await status(slow)) === 'ACTIVE')).toBe(true);
    for (const id of [slow, broken]) {
      expect((await red.octavia('DELETE', `/v2.0/lbaas/loadbalancers/${id}?cascade=true`)).status).toBe(204);
      expect(await soon(async () => (await status(id)) === 'gone')).toBe(true);
    }
  });

  it('are volumes that a server does not let go of', async () => {
    const id = await boot('clinging');
    await serverBecomes(red, id, 'ACTIVE');
    const volume = await makeVolume(red, { size: 1 });
    await attach(red, id, volume);
    await inject({ kind: 'detach-hangs', name: '^clinging$' });
    await detach(red, id, volume);
    await sleep(1_500);
    await volumeBecomes(red, volume, 'detaching');
    await asks('DELETE', '/faults');
    await volumeBecomes(red, volume, 'available');
    await red.cinder('DELETE', `/volumes/${volume}`);
    await ends(id);
  });
});
