import {
  ApiError,
  type ApiRequest,
  badRequest,
  bodyObject,
  isObject,
  type JsonObject,
  noContent,
  notFound,
  ok,
  type Route,
  route,
  stringMap,
} from '../http/index.ts';
import type { Store } from '../store/index.ts';
import { type ServerRow, updateServer } from './rows.ts';

const mostTags = 50;
const longestTag = 60;
type Find = (request: ApiRequest) => ServerRow;

/** Source: Compute API reference, "Server metadata". */
export function metadataRoutes(store: Store, find: Find): readonly Route[] {
  const read = (row: ServerRow): Record<string, string> => JSON.parse(row.metadata) as Record<string, string>;
  const write = (row: ServerRow, metadata: JsonObject): void =>
    updateServer(store, row.id, { metadata: JSON.stringify(metadata) });
  const keyOf = ({ params }: ApiRequest): string => params.key ?? '';
  const item = (request: ApiRequest, row: ServerRow): string => {
    const value = read(row)[keyOf(request)];
    if (value === undefined) throw notFound('Metadata item was not found');
    return value;
  };
  const all = '/v2.1/servers/:id/metadata';
  return [
    route('GET', all, (request) => ok({ metadata: read(find(request)) })),
    ...(['POST', 'PUT'] as const).map((method) =>
      route(method, all, (request) => {
        const row = find(request);
        const wanted = stringMap(bodyObject(request.body, 'metadata'));
        const metadata = method === 'PUT' ? wanted : { ...read(row), ...wanted };
        write(row, metadata);
        return ok({ metadata });
      }),
    ),
    route('GET', `${all}/:key`, (request) => {
      const row = find(request);
      return ok({ meta: { [keyOf(request)]: item(request, row) } });
    }),
    route('PUT', `${all}/:key`, (request) => {
      const row = find(request);
      const meta = stringMap(bodyObject(request.body, 'meta'));
      if (meta[keyOf(request)] === undefined) throw badRequest('Request body and URI mismatch');
      write(row, { ...read(row), ...meta });
      return ok({ meta });
    }),
    route('DELETE', `${all}/:key`, (request) => {
      const row = find(request);
      item(request, row);
      const { [keyOf(request)]: _, ...rest } = read(row);
      write(row, rest);
      return noContent;
    }),
  ];
}

/** Source: Compute API reference, "Server tags" (microversion 2.26). */
export function tagRoutes(store: Store, find: Find): readonly Route[] {
  const read = (row: ServerRow): readonly string[] => JSON.parse(row.tags) as string[];
  const write = (row: ServerRow, tags: readonly string[]): void =>
    updateServer(store, row.id, { tags: JSON.stringify(tags) });
  const tagIn = (request: ApiRequest, row: ServerRow): string => {
    const tag = request.params.tag ?? '';
    if (!read(row).includes(tag)) throw notFound(`Server ${row.id} has no tag '${tag}'`);
    return tag;
  };
  const all = '/v2.1/servers/:id/tags';
  return [
    route('GET', all, (request) => ok({ tags: read(find(request)) })),
    route('PUT', all, (request) => {
      const row = find(request);
      const tags = serverTags(isObject(request.body) ? request.body.tags : undefined);
      write(row, tags);
      return ok({ tags });
    }),
    route('DELETE', all, (request) => {
      write(find(request), []);
      return noContent;
    }),
    route('GET', `${all}/:tag`, (request) => {
      tagIn(request, find(request));
      return noContent;
    }),
    route('PUT', `${all}/:tag`, (request) => {
      const row = find(request);
      const [tag = ''] = serverTags([request.params.tag]);
      if (read(row).includes(tag)) return noContent;
      serverTags([...read(row), tag]);
      write(row, [...read(row), tag]);
      return { status: 201, headers: { location: `${request.baseUrl}/v2.1/servers/${row.id}/tags/${tag}` } };
    }),
    route('DELETE', `${all}/:tag`, (request) => {
      const row = find(request);
      const gone = tagIn(request, row);
      write(
        row,
        read(row).filter((tag) => tag !== gone),
      );
      return noContent;
    }),
  ];
}

/** Tags of a server; 400 in Nova's words for what are none. Source: nova/api/openstack/compute/schemas/server_tags.py. */
export function serverTags(value: unknown): readonly string[] {
  if (!Array.isArray(value)) throw badRequest(`Invalid input for field/attribute tags. Value: ${String(value)}.`);
  const tags = [...new Set(value as readonly unknown[])];
  if (tags.length > mostTags) throw new ApiError(400, `The number of tags exceeded the per-server limit ${mostTags}`);
  return tags.map((tag) => {
    if (typeof tag !== 'string' || tag === '' || tag.length > longestTag || /[,/]/.test(tag))
      throw badRequest(`Invalid input for field/attribute tags. Value: ${String(tag)}.`);
    return tag;
  });
}
