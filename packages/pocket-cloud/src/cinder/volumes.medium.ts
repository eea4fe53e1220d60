import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { run } from '@matryoshka/system';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { pocketCloudPaths } from '../config.ts';
import { startTestCloud, type TestCloud } from '../testing/instance.ts';
import { makeServerImage } from '../testing/server-image.ts';
import { serverBecomes, soon, uploadImage } from '../testing/servers.ts';
import { makeTenant, type Tenant } from '../testing/tenant.ts';
import { attach, bootMachine, detach, type MachineShell, makeVolume, volumeBecomes } from '../testing/volumes.ts';

let cloud: TestCloud;
let red: Tenant;
let blue: Tenant;
let imageId: string;
let work: string;
let one: MachineShell;

beforeAll(async () => {
  work = await mkdtemp(join(tmpdir(), 'pocket-volumes-'));
  cloud = await startTestCloud('pnv', 28);
  red = await makeTenant(cloud, 'red');
  blue = await makeTenant(cloud, 'blue');
  imageId = await uploadImage(cloud, await makeServerImage(work));
  one = await bootMachine(cloud, red, { imageRef: imageId });
});

const loops = async (): Promise<string> => (await run(['losetup', '--list', '--output', 'BACK-FILE'])).stdout;

afterAll(async () => {
  await cloud?.purge();
  await rm(work, { recursive: true, force: true });
  expect(await loops()).not.toContain(cloud.config.dataDir);
});

const link = (id: string): string => `/dev/disk/by-id/virtio-${id.slice(0, 20)}`;
const shown = async (id: string) => (await red.cinder('GET', `/volumes/${id}`)).body.volume;
const write = async (machine: MachineShell, id: string, text: string): Promise<void> => {
  expect((await machine.sh(`printf '${text}' | dd of=${link(id)} conv=fsync 2>&1`)).code).toBe(0);
};
const read = async (machine: MachineShell, id: string): Promise<string> =>
  (await machine.sh(`dd if=${link(id)} bs=1 count=5 2>/dev/null`)).stdout;

describe('volumes', () => {
  it('carry data from one server to another, as disks that udev would name', async () => {
    const two = await bootMachine(cloud, red, { imageRef: imageId });
    const id = await makeVolume(red, { size: 1, name: 'data' });
    await attach(red, one.id, id);
    expect((await one.sh(`readlink -f ${link(id)}; blockdev --getsize64 ${link(id)}`)).stdout).toBe(
      `/dev/vdb\n${1024 ** 3}\n`,
    );
    expect(await shown(id)).toMatchObject({ attachments: [{ server_id: one.id, device: '/dev/vdb' }] });
    const server = (await red.nova('GET', `/v2.1/servers/${one.id}`)).body.server;
    expect(server['os-extended-volumes:volumes_attached']).toEqual([{ id }]);
    await write(one, id, 'hello');
    const again = { volumeAttachment: { volumeId: id } };
    expect((await red.nova('POST', `/v2.1/servers/${two.id}/os-volume_attachments`, again)).status).toBe(400);
    expect((await red.cinder('DELETE', `/volumes/${id}`)).body).toMatchObject({ badRequest: { code: 400 } });
    await detach(red, one.id, id);
    await volumeBecomes(red, id, 'available');
    expect((await one.sh(`ls ${link(id)} /dev/vdb 2>&1`)).code).not.toBe(0);
    await attach(red, two.id, id);
    expect(await read(two, id)).toBe('hello');
    // A deleted server lets go of its disks.
    await red.nova('DELETE', `/v2.1/servers/${two.id}`);
    await volumeBecomes(red, id, 'available');
    expect((await red.cinder('DELETE', `/volumes/${id}`)).status).toBe(202);
    await volumeBecomes(red, id, 'gone');
    expect(await loops()).not.toContain(id);
  });

  it('stay as long as something has them mounted, and grow while they are', async () => {
    const id = await makeVolume(red, { size: 1 });
    await attach(red, one.id, id);
    const device = (await run(['losetup', '--noheadings', '--output', 'NAME', '--associated', file(id)])).stdout.trim();
    await run(['mkfs.ext4', '-q', device]);
    expect((await one.sh(`mkdir -p /mnt && mount -t ext4 ${link(id)} /mnt && echo kept >/mnt/file`)).code).toBe(0);
    expect((await red.cinder('POST', `/volumes/${id}/action`, { 'os-extend': { new_size: 1 } })).status).toBe(400);
    expect((await red.cinder('POST', `/volumes/${id}/action`, { 'os-extend': { new_size: 2 } })).status).toBe(202);
    await volumeBecomes(red, id, 'in-use');
    expect(await shown(id)).toMatchObject({ size: 2 });
    expect((await one.sh(`blockdev --getsize64 ${link(id)}`)).stdout).toBe(`${2 * 1024 ** 3}\n`);
    await detach(red, one.id, id);
    await volumeBecomes(red, id, 'detaching');
    expect((await one.sh('cat /mnt/file')).stdout).toBe('kept\n');
    await one.sh('umount /mnt');
    await volumeBecomes(red, id, 'available');
    await red.cinder('DELETE', `/volumes/${id}`);
  });

  it('are copied by snapshots, which outlive changes and hold their volume', async () => {
    const id = await makeVolume(red, { size: 1, metadata: { color: 'red' } });
    await attach(red, one.id, id);
    await write(one, id, 'first');
    const snapshot = { volume_id: id, name: 's' };
    expect((await red.cinder('POST', '/snapshots', { snapshot })).status).toBe(202);
    const list = (await red.cinder('GET', `/snapshots/detail?volume_id=${id}`)).body.snapshots;
    expect(list).toHaveLength(1);
    await volumeBecomes(red, `snapshots/${list[0].id}`, 'available');
    await write(one, id, 'later');
    const copy = await makeVolume(red, { snapshot_id: list[0].id });
    await attach(red, one.id, copy);
    expect([await read(one, id), await read(one, copy)]).toEqual(['later', 'first']);
    for (const each of [id, copy]) await detach(red, one.id, each);
    await volumeBecomes(red, id, 'available');
    expect((await red.cinder('DELETE', `/volumes/${id}`)).status).toBe(400);
    expect((await red.cinder('DELETE', `/volumes/${id}?cascade=true`)).status).toBe(202);
    await volumeBecomes(red, id, 'gone');
    expect((await red.cinder('GET', `/snapshots/${list[0].id}`)).status).toBe(404);
    await volumeBecomes(red, copy, 'available');
    await red.cinder('DELETE', `/volumes/${copy}`);
  });

  it('are what a server boots from, and keep what it wrote', async () => {
    const boot = { source_type: 'image', destination_type: 'volume', boot_index: 0, uuid: imageId, volume_size: 1 };
    const first = await bootMachine(cloud, red, { block_device_mapping_v2: [boot] });
    const server = (await red.nova('GET', `/v2.1/servers/${first.id}`)).body.server;
    const [{ id }] = server['os-extended-volumes:volumes_attached'];
    expect(server.image).toBe('');
    expect(await shown(id)).toMatchObject({ bootable: 'true', volume_image_metadata: { image_id: imageId } });
    await first.sh('echo mine >/srv/file; sync');
    expect((await red.nova('DELETE', `/v2.1/servers/${first.id}/os-volume_attachments/${id}`)).status).toBe(400);
    await red.nova('DELETE', `/v2.1/servers/${first.id}`);
    await volumeBecomes(red, id, 'available');
    const again = { ...boot, source_type: 'volume', uuid: id, delete_on_termination: true };
    const second = await bootMachine(cloud, red, { block_device_mapping_v2: [again] });
    expect((await second.sh('cat /srv/file')).stdout).toBe('mine\n');
    await red.nova('DELETE', `/v2.1/servers/${second.id}`);
    await volumeBecomes(red, id, 'gone');
  });

  it('are there again after a stop, a reboot and a restart of the cloud', async () => {
    const id = await makeVolume(red, { size: 1 });
    await attach(red, one.id, id);
    await write(one, id, 'still');
    const action = async (json: unknown) => await red.nova('POST', `/v2.1/servers/${one.id}/action`, json);
    await action({ 'os-stop': null });
    await serverBecomes(red, one.id, 'SHUTOFF');
    await cloud.restart();
    await action({ 'os-start': null });
    await serverBecomes(red, one.id, 'ACTIVE');
    expect(await read(one, id)).toBe('still');
    await action({ reboot: { type: 'HARD' } });
    expect(await soon(async () => (await read(one, id)) === 'still')).toBe(true);
    await serverBecomes(red, one.id, 'ACTIVE');
    await detach(red, one.id, id);
    await volumeBecomes(red, id, 'available');
    await red.cinder('DELETE', `/volumes/${id}`);
    await volumeBecomes(red, id, 'gone');
  });

  it('belong to their project, and count against its quota', async () => {
    const id = await makeVolume(red, { size: 1 });
    expect((await blue.cinder('GET', `/volumes/${id}`)).status).toBe(404);
    expect((await blue.cinder('DELETE', `/volumes/${id}`)).status).toBe(404);
    expect((await blue.cinder('GET', '/volumes/detail')).body.volumes).toEqual([]);
    const foreign = `/v3/${red.projectId}/volumes`;
    expect((await cloud.call('cinder', 'GET', foreign, { token: blue.token })).status).toBe(400);
    const admin = await cloud.token();
    const quota = { quota_set: { volumes: 1, gigabytes: 3 } };
    const target = `/v3/os-quota-sets/${red.projectId}`;
    expect((await cloud.call('cinder', 'PUT', target, { token: admin, json: quota })).status).toBe(200);
    const more = async (size: number) => (await red.cinder('POST', '/volumes', { volume: { size } })).body;
    expect(await more(1)).toMatchObject({
      overLimit: { code: 413, message: expect.stringMatching(/VolumeLimitExceeded/) },
    });
    expect(await more(3)).toMatchObject({ overLimit: { message: expect.stringMatching(/exceeds allowed gigabytes/) } });
    const grown = await red.cinder('POST', `/volumes/${id}/action`, { 'os-extend': { new_size: 4 } });
    expect(grown.status).toBe(413);
    const usage = (await red.cinder('GET', `/os-quota-sets/${red.projectId}?usage=True`)).body.quota_set;
    expect(usage).toMatchObject({ volumes: { limit: 1, in_use: 1 }, gigabytes: { limit: 3, in_use: 1 } });
    for (const volume of [{}, { size: 0 }, { size: 1, volume_type: 'none' }, { size: 1, source_volid: 'x' }])
      expect((await red.cinder('POST', '/volumes', { volume })).status).toBeGreaterThanOrEqual(400);
    await red.cinder('DELETE', `/volumes/${id}`);
    await volumeBecomes(red, id, 'gone');
  });
});

const file = (id: string): string => join(pocketCloudPaths(cloud.config).volumes, `${id}.img`);
