import { absentId, type World } from './world.ts';

const patchType = { 'content-type': 'application/openstack-images-v2.1-json-patch' };

export async function glance({ red, blue, nobody, admin }: World): Promise<void> {
  await nobody.ask('image', 'list versions', 'GET', '/versions');
  await nobody.ask('image', 'list images without a token', 'GET', '/v2/images');
  const create = async (name: string, json: unknown) => await red.ask('image', name, 'POST', '/v2/images', { json });
  await create('create image with an unknown format', { name: 'x', disk_format: 'nonsense', container_format: 'bare' });
  await create('create image with a bad id', { name: 'x', id: 'no-uuid' });
  const made = await create('create image', {
    name: 'scenario-image',
    disk_format: 'raw',
    container_format: 'bare',
    min_disk: 1,
    tags: ['scenario'],
    os_distro: 'debian',
  });
  const path = `/v2/images/${made.id}`;
  await red.ask('image', 'download without data', 'GET', `${path}/file`);
  await red.ask('image', 'upload', 'PUT', `${path}/file`, { data: Buffer.from('data of the scenario') });
  await red.settle('image', 'uploaded image', path, (body) => body.status, ['queued', 'saving', 'importing']);
  await red.ask('image', 'upload twice', 'PUT', `${path}/file`, { data: Buffer.from('again') });
  await red.ask('image', 'download', 'GET', `${path}/file`);
  const patch = async (name: string, json: unknown) =>
    await red.ask('image', name, 'PATCH', path, { json, headers: patchType });
  await patch('replace name', [{ op: 'replace', path: '/name', value: 'scenario-image-2' }]);
  await patch('add property', [{ op: 'add', path: '/kubernetes_version', value: 'v1.36.3' }]);
  await patch('replace absent property', [{ op: 'replace', path: '/nothing', value: 'x' }]);
  await patch('remove property', [{ op: 'remove', path: '/kubernetes_version' }]);
  await patch('replace status', [{ op: 'replace', path: '/status', value: 'queued' }]);
  await patch('publish as a member', [{ op: 'replace', path: '/visibility', value: 'public' }]);
  await red.ask('image', 'patch with a wrong content type', 'PATCH', path, { json: [] });
  await red.ask('image', 'list by name', 'GET', '/v2/images?name=scenario-image-2');
  await red.ask('image', 'list by tag and status', 'GET', '/v2/images?tag=scenario&status=active');
  await red.ask('image', 'list by property', 'GET', '/v2/images?os_distro=debian&name=scenario-image-2');
  await red.ask('image', 'list with a wrong sort key', 'GET', '/v2/images?sort_key=nonsense');
  await red.ask('image', 'list with a wrong marker', 'GET', `/v2/images?marker=${absentId}`);
  await red.ask('image', 'add tag', 'PUT', `${path}/tags/more`);
  await red.ask('image', 'remove tag', 'DELETE', `${path}/tags/more`);
  await red.ask('image', 'remove absent tag', 'DELETE', `${path}/tags/more`);
  await blue.ask('image', 'show a foreign image', 'GET', path);
  await red.ask('image', 'show absent image', 'GET', `/v2/images/${absentId}`);
  await sharing({ red, blue }, path);
  await patch('protect', [{ op: 'replace', path: '/protected', value: true }]);
  await red.ask('image', 'delete protected image', 'DELETE', path);
  await patch('unprotect', [{ op: 'replace', path: '/protected', value: false }]);
  await admin.ask('image', 'deactivate', 'POST', `${path}/actions/deactivate`);
  await red.ask('image', 'download deactivated image', 'GET', `${path}/file`);
  await admin.ask('image', 'reactivate', 'POST', `${path}/actions/reactivate`);
  await red.ask('image', 'delete image', 'DELETE', path);
  await red.ask('image', 'delete absent image', 'DELETE', path);
}

async function sharing({ red, blue }: Pick<World, 'red' | 'blue'>, path: string): Promise<void> {
  const share = async (name: string) =>
    await red.ask('image', name, 'POST', `${path}/members`, { json: { member: blue.projectId } });
  await share('share');
  await share('share twice');
  await blue.ask('image', 'show a shared image', 'GET', path);
  await blue.ask('image', 'list before accepting', 'GET', '/v2/images?name=scenario-image-2');
  await blue.ask('image', 'accept', 'PUT', `${path}/members/${blue.projectId}`, { json: { status: 'accepted' } });
  await blue.ask('image', 'list after accepting', 'GET', '/v2/images?name=scenario-image-2');
  await blue.ask('image', 'delete a shared image', 'DELETE', path);
  await red.ask('image', 'list members', 'GET', `${path}/members`);
  await red.ask('image', 'unshare', 'DELETE', `${path}/members/${blue.projectId}`);
  await red.ask('image', 'unshare twice', 'DELETE', `${path}/members/${blue.projectId}`);
}
