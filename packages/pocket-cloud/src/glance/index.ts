import { mkdir, rename, rm, stat } from 'node:fs/promises';
import { join } from 'node:path';
import {
  ApiError,
  type ApiReply,
  type ApiRequest,
  badRequest,
  conflict,
  created,
  forbidden,
  htmlError,
  isObject,
  type JsonObject,
  listPage,
  noContent,
  notFound,
  ok,
  type Route,
  route,
} from '../http/index.ts';
import type { Service, ServiceContext } from '../service.ts';
import { newId, type Store, timestamp } from '../store/index.ts';
import { patched, withFields } from './change.ts';
import { readData, storeData } from './data.ts';
import { memberRoutes } from './members.ts';
import {
  type ImageRow,
  imageById,
  imageDataFile,
  imageDirectory,
  mayUseImage,
  membershipsOf,
  saveImage,
} from './rows.ts';
import { showImage } from './view.ts';

export { migrations } from './migrations.ts';
export { type ImageRow, imageById, imageDataFile, imageRootfs, mayUseImage } from './rows.ts';

/** Tells whether servers still lie on the image's files. */
export type ImageInUse = (imageId: string) => boolean;

/** Image API v2: https://docs.openstack.org/api-ref/image/v2/ */
export function createGlance(context: ServiceContext, inUse: ImageInUse): Service {
  const { store, paths } = context;
  const visible = (request: ApiRequest): ImageRow => {
    const row = imageById(store, request.params.id ?? '');
    if (row === undefined || !mayUseImage(store, request.caller, row))
      throw notFound(`Failed to find image ${request.params.id}`);
    return row;
  };
  const owned = (request: ApiRequest): ImageRow => {
    const row = visible(request);
    if (!request.caller.isAdmin && row.project_id !== request.caller.projectId)
      throw forbidden('You are not permitted to modify this image.');
    return row;
  };
  const update = (row: ImageRow): ImageRow => {
    const next = { ...row, updated_at: timestamp() };
    saveImage(store, next);
    return next;
  };
  const mayPublish = (request: ApiRequest, row: ImageRow): ImageRow => {
    if (row.visibility === 'public' && !request.caller.isAdmin)
      throw forbidden('You are not authorized to publicize this image.');
    return row;
  };

  const routes: readonly Route[] = [
    ...versionRoutes,
    route('GET', '/v2/images', (request) =>
      ok(listImages(store, request, store.all<ImageRow>('select * from image order by created_at desc, id'))),
    ),
    route('POST', '/v2/images', (request) => {
      const wanted = isObject(request.body) ? request.body : fail('The request body must be a JSON object.');
      const { id: wantedId, ...fields } = wanted;
      const id = typeof wantedId === 'string' ? wantedId : newId();
      if (!/^[0-9a-f-]{36}$/.test(id)) throw badRequest(`Invalid image id '${id}': it must be a UUID.`);
      if (imageById(store, id) !== undefined) throw conflict(`Image ID ${id} already exists!`);
      const now = timestamp();
      const empty: ImageRow = {
        id,
        project_id: request.caller.projectId,
        name: null,
        status: 'queued',
        visibility: 'shared',
        protected: 0,
        disk_format: null,
        container_format: null,
        min_disk: 0,
        min_ram: 0,
        size: null,
        virtual_size: null,
        checksum: null,
        hash_value: null,
        tags: '[]',
        properties: '{}',
        created_at: now,
        updated_at: now,
      };
      const row = mayPublish(request, withFields(empty, fields));
      saveImage(store, row);
      return created(showImage(row), {
        location: `${request.baseUrl}/v2/images/${id}`,
        'openstack-image-import-methods': '',
      });
    }),
    route('GET', '/v2/images/:id', (request) => ok(showImage(visible(request)))),
    route('PATCH', '/v2/images/:id', (request) => {
      if (!/^application\/openstack-images-v2\.\d+-json-patch$/.test(String(request.headers['content-type'])))
        throw new ApiError(415, 'The server does not support the media type of the request.');
      const row = owned(request);
      return ok(showImage(update(mayPublish(request, patched(row, request.body)))));
    }),
    route('DELETE', '/v2/images/:id', async (request) => {
      const row = owned(request);
      if (row.protected === 1) throw forbidden(`Image ${row.id} is protected and cannot be deleted.`);
      if (inUse(row.id))
        throw conflict(`Image ${row.id} could not be deleted because it is in use: servers lie on its files.`);
      // Away under another name first: a crash during a long removal must not leave half an image that looks whole.
      const gone = join(paths.images, `.deleted-${row.id}`);
      await rename(imageDirectory(paths.images, row.id), gone).catch(() => undefined);
      store.run('delete from image where id = ?', row.id);
      await rm(gone, { recursive: true, force: true });
      return noContent;
    }),
    route('PUT', '/v2/images/:id/file', async (request) => await upload(request, owned(request))),
    route('GET', '/v2/images/:id/file', async (request): Promise<ApiReply> => {
      const row = visible(request);
      if (row.status === 'deactivated' && !request.caller.isAdmin)
        throw forbidden('The requested image has been deactivated. Image data download is forbidden.');
      if (row.status !== 'active') return noContent;
      const file = imageDataFile(paths.images, row.id);
      const headers = {
        'content-type': 'application/octet-stream',
        'content-length': String(row.size),
        'content-md5': row.checksum ?? '',
      };
      return request.method === 'HEAD' ? { status: 200, headers } : { status: 200, stream: readData(file), headers };
    }),
    ...(['deactivate', 'reactivate'] as const).map((action) =>
      route(
        'POST',
        `/v2/images/:id/actions/${action}`,
        (request) => {
          const row = owned(request);
          if (row.status !== 'active' && row.status !== 'deactivated')
            throw forbidden(`Not allowed to ${action} an image in status '${row.status}'`);
          update({ ...row, status: action === 'deactivate' ? 'deactivated' : 'active' });
          return noContent;
        },
        'admin',
      ),
    ),
    route('PUT', '/v2/images/:id/tags/:tag', (request) => {
      const row = owned(request);
      update({
        ...row,
        tags: JSON.stringify([...new Set([...(JSON.parse(row.tags) as string[]), request.params.tag ?? ''])]),
      });
      return noContent;
    }),
    route('DELETE', '/v2/images/:id/tags/:tag', (request) => {
      const row = owned(request);
      const tags = JSON.parse(row.tags) as string[];
      if (!tags.includes(request.params.tag ?? ''))
        throw notFound(`Failed to find tag ${request.params.tag} of image ${row.id}`);
      update({ ...row, tags: JSON.stringify(tags.filter((tag) => tag !== request.params.tag)) });
      return noContent;
    }),
    ...memberRoutes(store, visible),
  ];

  const upload = async (request: ApiRequest, row: ImageRow): Promise<ApiReply> => {
    if (row.status !== 'queued') throw conflict(`Image status transition from ${row.status} to saving is not allowed`);
    if (row.disk_format === null || row.container_format === null)
      throw badRequest('Properties disk_format, container_format must be set prior to saving data.');
    if (request.stream === undefined) throw new ApiError(415, 'The body must be application/octet-stream.');
    update({ ...row, status: 'saving' });
    try {
      const data = await storeData(request.stream, imageDataFile(paths.images, row.id));
      const now = imageById(store, row.id);
      if (now === undefined)
        throw new ApiError(
          410,
          `Image ${row.id} could not be found after upload. The image may have been deleted during the upload.`,
        );
      update({ ...now, status: 'active', size: data.size, checksum: data.md5, hash_value: data.sha512 });
      return noContent;
    } catch (error) {
      const now = imageById(store, row.id);
      if (now === undefined) await rm(imageDirectory(paths.images, row.id), { recursive: true, force: true });
      else update({ ...now, status: 'queued' });
      throw error;
    }
  };

  return {
    name: 'glance',
    errorBody: htmlError,
    routes,
    start: async () => {
      await mkdir(paths.images, { recursive: true });
      // An upload that a crash cut off: back to queued, unless the file was complete (rename is the last step, then hashes are lost: upload again).
      for (const row of store.all<ImageRow>("select * from image where status = 'saving'")) {
        await rm(imageDirectory(paths.images, row.id), { recursive: true, force: true });
        update({ ...row, status: 'queued' });
      }
      for (const row of store.all<ImageRow>("select * from image where status = 'active'"))
        if ((await stat(imageDataFile(paths.images, row.id)).catch(() => undefined)) === undefined)
          context.log.error({ image: row.id, name: row.name }, 'data of an image is missing');
    },
  };
}

function fail(message: string): never {
  throw badRequest(message);
}

function listImages(store: Store, request: ApiRequest, rows: readonly ImageRow[]): JsonObject {
  const { caller, query } = request;
  const wantedVisibility = query.get('visibility');
  // An image that somebody shares shows up once it was accepted, unless the list asks otherwise.
  const wantedMember = query.get('member_status') ?? 'accepted';
  const memberships = membershipsOf(store, caller.projectId);
  const isShared = ({ id }: ImageRow): boolean => {
    const status = memberships.get(id);
    return status !== undefined && (wantedMember === 'all' || status === wantedMember);
  };
  const mine = rows.filter(
    (row) =>
      row.project_id === caller.projectId ||
      row.visibility === 'public' ||
      (caller.isAdmin && wantedVisibility !== 'public') ||
      (row.visibility === 'community' && wantedVisibility === 'community') ||
      (row.visibility === 'shared' && isShared(row)),
  );
  const shown = mine.map(showImage);
  const fixed = [
    'id',
    'name',
    'status',
    'owner',
    'visibility',
    'disk_format',
    'container_format',
    'os_hidden',
    'protected',
    'checksum',
    'os_hash_value',
  ];
  // Any other key that is not a control word filters by property, as Glance does.
  const control = [
    'limit',
    'marker',
    'sort',
    'sort_key',
    'sort_dir',
    'tag',
    'member_status',
    'size_min',
    'size_max',
    'created_at',
    'updated_at',
  ];
  const keys = [...new Set([...fixed, ...query.keys()])].filter(
    (key) => !control.includes(key) && !(key === 'visibility' && wantedVisibility === 'all'),
  );
  const tags = query.getAll('tag');
  const page = listPage(
    request,
    shown.filter((image) => tags.every((tag) => (image.tags as string[]).includes(tag))),
    {
      idOf: (image) => String(image.id),
      filters: Object.fromEntries(keys.map((key) => [key, (image: JsonObject) => nameFilter(key, query, image[key])])),
      badSortKey: (key) => badRequest(`Invalid sort key: ${key}`),
      sortKeys: Object.fromEntries(
        [
          'name',
          'disk_format',
          'container_format',
          'updated_at',
          'min_disk',
          'min_ram',
          'status',
          'created_at',
          'updated_at',
          'size',
          'id',
        ].map((key) => [key, (image: JsonObject) => (image[key] as string | number | null) ?? '']),
      ),
    },
  );
  const next = page.next === undefined ? {} : { next: page.next.slice(request.baseUrl.length) };
  return { images: page.items, first: '/v2/images', schema: '/v2/schemas/images', ...next };
}

/** `in:a,b` compares with each of the listed values. */
function nameFilter(key: string, query: URLSearchParams, value: unknown): string | boolean | readonly string[] | null {
  const wanted = query.get(key) ?? '';
  if (typeof value === 'string' && wanted.startsWith('in:'))
    return wanted
      .slice(3)
      .split(',')
      .map((part) => part.replace(/^"|"$/g, ''))
      .includes(value)
      ? [wanted]
      : [];
  return (value as string | boolean | null | undefined) ?? null;
}

const versions = (request: ApiRequest): JsonObject => ({
  versions: [
    ['v2.9', 'CURRENT'],
    ['v2.7', 'SUPPORTED'],
    ['v2.6', 'SUPPORTED'],
    ['v2.5', 'SUPPORTED'],
    ['v2.4', 'SUPPORTED'],
    ['v2.3', 'SUPPORTED'],
    ['v2.2', 'SUPPORTED'],
    ['v2.1', 'SUPPORTED'],
    ['v2.0', 'SUPPORTED'],
  ].map(([id, status]) => ({ id, status, links: [{ rel: 'self', href: `${request.baseUrl}/v2/` }] })),
});

const property = { type: ['null', 'string'] };
const imageSchema = {
  name: 'image',
  properties: Object.fromEntries(
    [
      'id',
      'name',
      'status',
      'visibility',
      'owner',
      'disk_format',
      'container_format',
      'checksum',
      'os_hash_algo',
      'os_hash_value',
      'created_at',
      'updated_at',
      'self',
      'file',
      'schema',
    ].map((key) => [key, property]),
  ),
  additionalProperties: { type: 'string' },
};

const versionRoutes: readonly Route[] = [
  route('GET', '/', (request) => ({ status: 300, body: versions(request) }), 'none'),
  route('GET', '/versions', (request) => ok(versions(request)), 'none'),
  route('GET', '/v2/schemas/image', () => ok(imageSchema)),
  route('GET', '/v2/schemas/images', () =>
    ok({ name: 'images', properties: { images: { type: 'array', items: imageSchema } } }),
  ),
  // Clients (openstack-resource-controller) ask before they upload (API reference, "Import methods and values discovery").
  route('GET', '/v2/info/import', () =>
    ok({ 'import-methods': { description: 'Import methods available.', type: 'array', value: [] } }),
  ),
];
