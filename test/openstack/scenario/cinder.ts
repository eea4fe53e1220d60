import type { Caller } from '../recorder.ts';
import { absentId, type World } from './world.ts';

const v3 = '/v3/{project}';
const newest = { headers: { 'openstack-api-version': 'volume 3.70' } };
const passing = ['creating', 'downloading', 'deleting', 'extending', 'attaching', 'detaching', 'reserved'];

export async function cinder(world: World): Promise<void> {
  const { admin, red, blue, nobody } = world;
  await nobody.ask('volumev3', 'list versions', 'GET', '/');
  await nobody.ask('volumev3', 'list volumes without a token', 'GET', `${v3}/volumes`);
  await admin.ask('volumev3', 'list types', 'GET', `${v3}/types`);
  await admin.ask('volumev3', 'show default type', 'GET', `${v3}/types/default`);
  await types(admin);
  const create = async (name: string, volume: unknown) =>
    await red.ask('volumev3', name, 'POST', `${v3}/volumes`, { json: { volume }, ...newest });
  await create('create volume without a size', { name: 'x' });
  await create('create volume with size zero', { name: 'x', size: 0 });
  await create('create volume with a size in words', { name: 'x', size: 'big' });
  await create('create volume of an absent type', { size: 1, volume_type: 'nonsense' });
  await create('create volume of an absent snapshot', { size: 1, snapshot_id: absentId });
  await create('create volume of an absent image', { size: 1, imageRef: absentId });
  await create('create volume in an absent zone', { size: 1, availability_zone: 'nonsense' });
  const made = await create('create volume', {
    name: 'scenario',
    size: 1,
    description: 'd',
    metadata: { 'cinder.csi.openstack.org/cluster': 'c1' },
  });
  const path = `${v3}/volumes/${made.id}`;
  await volumeSettles(red, 'created volume', made.id);
  await red.ask('volumev3', 'show volume in the oldest version', 'GET', path);
  await blue.ask('volumev3', 'show a foreign volume', 'GET', path);
  await red.ask('volumev3', 'show absent volume', 'GET', `${v3}/volumes/${absentId}`);
  await red.ask('volumev3', 'list volumes', 'GET', `${v3}/volumes`, newest);
  await red.ask(
    'volumev3',
    'list volumes in detail',
    'GET',
    `${v3}/volumes/detail?name=scenario&status=available`,
    newest,
  );
  await red.ask('volumev3', 'list one volume and more', 'GET', `${v3}/volumes?limit=1`, newest);
  await red.ask('volumev3', 'list with a wrong marker', 'GET', `${v3}/volumes?marker=${absentId}`, newest);
  await red.ask('volumev3', 'list with a wrong sort key', 'GET', `${v3}/volumes?sort=nonsense:asc`, newest);
  await red.ask('volumev3', 'summary', 'GET', `${v3}/volumes/summary`, newest);
  await red.ask('volumev3', 'update volume', 'PUT', path, { json: { volume: { name: 'scenario-2' } }, ...newest });
  await red.ask('volumev3', 'set metadata', 'POST', `${path}/metadata`, { json: { metadata: { a: 'b' } } });
  await red.ask('volumev3', 'show metadata', 'GET', `${path}/metadata`);
  await red.ask('volumev3', 'delete metadata', 'DELETE', `${path}/metadata/a`);
  await red.ask('volumev3', 'delete absent metadata', 'DELETE', `${path}/metadata/a`);
  const act = async (name: string, json: unknown) =>
    await red.ask('volumev3', name, 'POST', `${path}/action`, { json, ...newest });
  await act('extend', { 'os-extend': { new_size: 2 } });
  await volumeSettles(red, 'extended volume', made.id);
  await act('extend to less', { 'os-extend': { new_size: 1 } });
  await act('extend without a size', { 'os-extend': {} });
  await act('unknown action', { 'os-nonsense': {} });
  await act('make bootable', { 'os-set_bootable': { bootable: true } });
  await act('reset status as a member', { 'os-reset_status': { status: 'error' } });
  await snapshots(red, made.id);
  await red.ask('volumev3', 'delete volume', 'DELETE', path);
  await volumeSettles(red, 'deleted volume', made.id);
  await red.ask('volumev3', 'delete absent volume', 'DELETE', path);
  await red.ask('volumev3', 'limits', 'GET', `${v3}/limits`);
  await red.ask('volumev3', 'show quotas', 'GET', `${v3}/os-quota-sets/${red.projectId}`);
  await red.ask('volumev3', 'show quotas with usage', 'GET', `${v3}/os-quota-sets/${red.projectId}?usage=true`);
  await red.ask('volumev3', 'set quotas as a member', 'PUT', `${v3}/os-quota-sets/${red.projectId}`, {
    json: { quota_set: { volumes: 5 } },
  });
  await quotas(world);
  await red.ask('volumev3', 'list availability zones', 'GET', `${v3}/os-availability-zone`);
  await admin.ask('volumev3', 'list services', 'GET', `${v3}/os-services`);
  await red.ask('volumev3', 'list services as a member', 'GET', `${v3}/os-services`);
  await red.ask('volumev3', 'too new a version', 'GET', `${v3}/volumes`, {
    headers: { 'openstack-api-version': 'volume 3.999' },
  });
}

/** Waits until nothing is on the way with a volume. */
export async function volumeSettles(caller: Caller, name: string, id: string): Promise<string> {
  return await caller.settle('volumev3', name, `${v3}/volumes/${id}`, (body) => body.volume.status, passing, newest);
}

async function types(admin: Caller): Promise<void> {
  const json = { volume_type: { name: 'scenario-type', extra_specs: {}, 'os-volume-type-access:is_public': true } };
  const made = await admin.ask('volumev3', 'create type', 'POST', `${v3}/types`, { json });
  await admin.ask('volumev3', 'create type of the same name', 'POST', `${v3}/types`, { json });
  await admin.ask('volumev3', 'show type', 'GET', `${v3}/types/${made.id}`);
  await admin.ask('volumev3', 'set type’s specifications', 'POST', `${v3}/types/${made.id}/extra_specs`, {
    json: { extra_specs: { a: 'b' } },
  });
  await admin.ask('volumev3', 'list type’s specifications', 'GET', `${v3}/types/${made.id}/extra_specs`);
  await admin.ask('volumev3', 'delete type', 'DELETE', `${v3}/types/${made.id}`);
  await admin.ask('volumev3', 'show absent type', 'GET', `${v3}/types/${absentId}`);
}

async function snapshots(red: Caller, volumeId: string): Promise<void> {
  const snapshot = { volume_id: volumeId, name: 'scenario-snapshot', metadata: { a: 'b' } };
  const post = async (name: string, json: unknown) =>
    await red.ask('volumev3', name, 'POST', `${v3}/snapshots`, { json, ...newest });
  await post('snapshot of an absent volume', { snapshot: { volume_id: absentId } });
  const made = await post('create snapshot', { snapshot });
  const path = `${v3}/snapshots/${made.id}`;
  await red.settle('volumev3', 'created snapshot', path, (body) => body.snapshot.status, ['creating'], newest);
  await red.ask('volumev3', 'list snapshots in detail', 'GET', `${v3}/snapshots/detail?volume_id=${volumeId}`, newest);
  await red.ask('volumev3', 'update snapshot', 'PUT', path, { json: { snapshot: { description: 'new' } } });
  await red.ask('volumev3', 'delete a volume with snapshots', 'DELETE', `${v3}/volumes/${volumeId}`);
  const clone = await red.ask('volumev3', 'create volume of a snapshot', 'POST', `${v3}/volumes`, {
    json: { volume: { name: 'clone', snapshot_id: made.id } },
    ...newest,
  });
  await volumeSettles(red, 'volume of a snapshot', clone.id);
  await red.ask('volumev3', 'smaller volume of a snapshot', 'POST', `${v3}/volumes`, {
    json: { volume: { name: 'clone', size: 1, snapshot_id: made.id } },
    ...newest,
  });
  await red.ask('volumev3', 'delete volume of a snapshot', 'DELETE', `${v3}/volumes/${clone.id}`);
  await volumeSettles(red, 'deleted volume of a snapshot', clone.id);
  await red.ask('volumev3', 'delete snapshot', 'DELETE', path);
  await red.settle(
    'volumev3',
    'deleted snapshot',
    path,
    (body) => body.snapshot.status,
    ['available', 'deleting'],
    newest,
  );
}

async function quotas({ admin, red }: Pick<World, 'admin' | 'red'>): Promise<void> {
  const set = async (name: string, gigabytes: number) =>
    await admin.ask('volumev3', name, 'PUT', `${v3}/os-quota-sets/${red.projectId}`, {
      json: { quota_set: { gigabytes } },
    });
  await set('set quotas', 1);
  await red.ask('volumev3', 'create volume over quota', 'POST', `${v3}/volumes`, { json: { volume: { size: 2 } } });
  await set('set quotas back', 1000);
}
