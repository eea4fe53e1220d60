import { type ApiRequest, bodyObject, notFound, ok, type Route, stringMap } from '../http/index.ts';
import { bothPaths } from './paths.ts';

/** The metadata of a volume, a snapshot or the specs of a type: five routes of one shape. */
export function metadataRoutes(
  path: string,
  key: 'metadata' | 'extra_specs',
  access: {
    read(request: ApiRequest): Readonly<Record<string, string>>;
    write(request: ApiRequest, metadata: Readonly<Record<string, string>>): void;
  },
  auth?: Route['auth'],
): readonly Route[] {
  const item = (request: ApiRequest): readonly [Readonly<Record<string, string>>, string] => {
    const metadata = access.read(request);
    const name = request.params.key ?? '';
    if (metadata[name] === undefined) throw notFound(`Metadata item was not found: ${name}`);
    return [metadata, name];
  };
  return [
    ...bothPaths('GET', path, (request) => ok({ [key]: access.read(request) })),
    ...bothPaths(
      'POST',
      path,
      (request) => {
        const merged = { ...access.read(request), ...stringMap(bodyObject(request.body, key)) };
        access.write(request, merged);
        return ok({ [key]: merged });
      },
      auth,
    ),
    ...bothPaths(
      'PUT',
      path,
      (request) => {
        access.read(request);
        const wanted = stringMap(bodyObject(request.body, key));
        access.write(request, wanted);
        return ok({ [key]: wanted });
      },
      auth,
    ),
    ...bothPaths('GET', `${path}/:key`, (request) => {
      const [metadata, name] = item(request);
      return ok(key === 'metadata' ? { meta: { [name]: metadata[name] } } : { [name]: metadata[name] });
    }),
    ...bothPaths(
      'DELETE',
      `${path}/:key`,
      (request) => {
        const [metadata, name] = item(request);
        const { [name]: _gone, ...rest } = metadata;
        access.write(request, rest);
        return { status: key === 'metadata' ? 200 : 202 };
      },
      auth,
    ),
  ];
}
