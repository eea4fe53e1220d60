import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { run, waitFor } from '@matryoshka/system';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { pocketCloudPaths } from '../config.ts';
import { makeTestImage, startTestCloud, type TestCloud } from '../testing/instance.ts';

let cloud: TestCloud;
let token: string;
let imageId: string;
let work: string;

beforeAll(async () => {
  work = await mkdtemp(join(tmpdir(), 'pocket-image-'));
  cloud = await startTestCloud('pnt', 17);
  token = await cloud.token();
  const data = await readFile(await makeTestImage(work));
  imageId = await upload('test', data, { pocket_plain_dirs: '/var/lib/plain' });
});

afterAll(async () => {
  await cloud?.purge();
  await rm(work, { recursive: true, force: true });
  expect((await readFile('/proc/mounts', 'utf8')).includes(cloud.config.dataDir)).toBe(false);
  expect((await run(['ip', 'netns'])).stdout).not.toContain('pnt-');
  expect((await run(['ps', '-eo', 'args'])).stdout).not.toContain(cloud.config.dataDir);
});

async function upload(name: string, data: Buffer, properties: Readonly<Record<string, string>> = {}): Promise<string> {
  const json = { name, disk_format: 'raw', container_format: 'bare', ...properties };
  const image = await cloud.call('glance', 'POST', '/v2/images', { token, json });
  expect(image.status).toBe(201);
  const id = image.body.id as string;
  expect((await cloud.call('glance', 'PUT', `/v2/images/${id}/file`, { token, data })).status).toBe(204);
  return id;
}

async function create(name: string, image = imageId): Promise<string> {
  const server = { name, imageRef: image, flavorRef: '1', networks: 'none' };
  const answer = await cloud.call('nova', 'POST', '/v2.1/servers', { token, json: { server } });
  expect(answer.status).toBe(202);
  return answer.body.server.id as string;
}

const show = async (id: string) => (await cloud.call('nova', 'GET', `/v2.1/servers/${id}`, { token })).body.server;
const act = async (id: string, json: unknown) =>
  await cloud.call('nova', 'POST', `/v2.1/servers/${id}/action`, { token, json });
const becomes = async (id: string, status: string): Promise<void> => {
  await waitFor(async () => (await show(id))?.status === status, { timeoutMs: 60_000 });
  expect((await show(id))?.status).toBe(status);
};
const consoleHas = async (id: string, text: string): Promise<void> => {
  const read = async (): Promise<string> => (await act(id, { 'os-getConsoleOutput': {} })).body.output;
  await waitFor(async () => (await read()).includes(text), { timeoutMs: 20_000 });
  expect(await read()).toContain(text);
};
const initPid = async (id: string): Promise<string> => {
  const directory = pocketCloudPaths(cloud.config).servers;
  const argv = [
    'nsenter',
    '--net=/run/netns/pnt-switch',
    '--',
    'lxc-info',
    '-P',
    directory,
    '-n',
    id,
    '-p',
    '-H',
  ] as const;
  return (await run([...argv], { okCodes: 'any' })).stdout.trim();
};
const leftOf = async (id: string): Promise<readonly string[]> => {
  const groups = (
    await Promise.all(
      (await readdir('/sys/fs/cgroup')).map((name) => readdir(join('/sys/fs/cgroup', name)).catch(() => [])),
    )
  ).flat();
  const files = (await readdir(pocketCloudPaths(cloud.config).servers)).filter((name) => name === id);
  return [...groups.filter((name) => name.includes(id)), ...files];
};
const gone = async (id: string): Promise<void> => {
  await waitFor(async () => (await cloud.call('nova', 'GET', `/v2.1/servers/${id}`, { token })).status === 404, {
    timeoutMs: 60_000,
  });
  expect((await cloud.call('nova', 'GET', `/v2.1/servers/${id}`, { token })).body).toMatchObject({
    itemNotFound: { code: 404 },
  });
  expect(await leftOf(id)).toEqual([]);
};

describe('servers', () => {
  it('live their life: boot, stop, start with their disk, reboot, end', async () => {
    const id = await create('life');
    await becomes(id, 'ACTIVE');
    await consoleHas(id, 'from the image');
    await act(id, { 'os-stop': null });
    await becomes(id, 'SHUTOFF');
    expect(await initPid(id)).toBe('');
    await act(id, { 'os-start': null });
    await becomes(id, 'ACTIVE');
    await consoleHas(id, 'again');
    const before = await initPid(id);
    await act(id, { reboot: { type: 'HARD' } });
    await waitFor(async () => !['', before].includes(await initPid(id)), { timeoutMs: 20_000 });
    await becomes(id, 'ACTIVE');
    expect((await cloud.call('nova', 'DELETE', `/v2.1/servers/${id}`, { token })).status).toBe(204);
    await gone(id);
  });

  it('are not disturbed by a restart of the cloud, and come back when they were killed', async () => {
    const [kept, killed] = [await create('kept'), await create('killed')];
    await becomes(kept, 'ACTIVE');
    await becomes(killed, 'ACTIVE');
    const pid = await initPid(kept);
    const victim = await initPid(killed);
    process.kill(Number(victim), 'SIGKILL');
    await cloud.restart();
    await waitFor(async () => !['', victim].includes(await initPid(killed)), { timeoutMs: 30_000 });
    await becomes(killed, 'ACTIVE');
    await becomes(kept, 'ACTIVE');
    expect(await initPid(kept)).toBe(pid);
    for (const id of [kept, killed]) await cloud.call('nova', 'DELETE', `/v2.1/servers/${id}`, { token });
    // The deletion is cut off and must be finished by the next start.
    await cloud.restart();
    await gone(kept);
    await gone(killed);
  });

  it('stand still while paused, and get other limits by a resize that can be taken back', async () => {
    const id = await create('change');
    await becomes(id, 'ACTIVE');
    const state = async (): Promise<string> =>
      (await run(['cat', `/proc/${await initPid(id)}/status`], { okCodes: 'any' })).stdout;
    const memory = async (): Promise<string> => {
      const config = join(pocketCloudPaths(cloud.config).servers, id, 'config');
      return /memory\S* = (\d+)M/.exec(await readFile(config, 'utf8'))?.[1] ?? '';
    };
    for (const [halt, goOn, status] of [
      ['pause', 'unpause', 'PAUSED'],
      ['suspend', 'resume', 'SUSPENDED'],
    ] as const) {
      expect((await act(id, { [halt]: null })).status).toBe(202);
      await becomes(id, status);
      expect(await state()).toMatch(/State:\s+D/);
      expect((await act(id, { [halt]: null })).status).toBe(409);
      await act(id, { [goOn]: null });
      await becomes(id, 'ACTIVE');
      expect(await state()).not.toMatch(/State:\s+D/);
    }
    const before = await initPid(id);
    expect(await memory()).toBe('512');
    expect((await act(id, { resize: { flavorRef: '1' } })).status).toBe(400);
    expect((await act(id, { resize: { flavorRef: '2' } })).status).toBe(202);
    await becomes(id, 'VERIFY_RESIZE');
    expect(await memory()).toBe('1024');
    expect(await initPid(id)).not.toBe(before);
    expect((await show(id)).flavor.id).toBe('2');
    await act(id, { revertResize: null });
    await becomes(id, 'ACTIVE');
    expect(await memory()).toBe('512');
    await act(id, { resize: { flavorRef: '2' } });
    await becomes(id, 'VERIFY_RESIZE');
    expect((await act(id, { confirmResize: null })).status).toBe(204);
    await becomes(id, 'ACTIVE');
    expect((await show(id)).flavor.id).toBe('2');
    expect((await act(id, { confirmResize: null })).status).toBe(409);
    await cloud.call('nova', 'DELETE', `/v2.1/servers/${id}`, { token });
    await gone(id);
  });

  it('begin anew with a rebuild: same id, nothing of what they wrote', async () => {
    const id = await create('anew');
    await becomes(id, 'ACTIVE');
    await act(id, { reboot: { type: 'HARD' } });
    await consoleHas(id, 'again');
    await becomes(id, 'ACTIVE');
    const answer = await act(id, { rebuild: { imageRef: imageId, name: 'other', metadata: { a: 'b' } } });
    expect(answer.status).toBe(202);
    expect(answer.body.server).toMatchObject({ id, status: 'REBUILD', name: 'other', metadata: { a: 'b' } });
    await becomes(id, 'ACTIVE');
    await consoleHas(id, 'from the image');
    expect((await act(id, { 'os-getConsoleOutput': {} })).body.output).not.toContain('again');
    expect((await act(id, { rebuild: { imageRef: 'absent' } })).status).toBe(400);
    await cloud.call('nova', 'DELETE', `/v2.1/servers/${id}`, { token });
    await gone(id);
  });

  it('say why they cannot boot', async () => {
    const image = await upload('qcow', Buffer.from('QFI\xfb not a squashfs'));
    const id = await create('broken', image);
    await becomes(id, 'ERROR');
    expect((await show(id)).fault.message).toMatch(/not a squashfs/);
    await cloud.call('nova', 'DELETE', `/v2.1/servers/${id}`, { token });
    await gone(id);
  });

  it('refuse bad requests in the words and codes of Nova, and make nothing', async () => {
    const post = async (server: unknown) =>
      await cloud.call('nova', 'POST', '/v2.1/servers', { token, json: { server } });
    const good = { name: 'x', imageRef: imageId, flavorRef: '1', networks: 'none' };
    expect((await post({ ...good, flavorRef: '99' })).body).toMatchObject({ badRequest: { code: 400 } });
    expect((await post({ ...good, imageRef: '00000000-0000-0000-0000-000000000000' })).status).toBe(400);
    expect((await post({ ...good, name: undefined })).status).toBe(400);
    expect((await act('absent', { 'os-stop': null })).status).toBe(404);
    expect((await cloud.call('nova', 'GET', '/v2.1/servers', {})).status).toBe(401);
    const headers = { 'x-openstack-nova-api-version': '2.999' };
    expect((await cloud.call('nova', 'GET', '/v2.1/servers', { token, headers })).status).toBe(406);
    expect((await cloud.call('nova', 'GET', '/v2.1/servers/detail', { token })).body.servers).toEqual([]);
  });
});
