import {
  type ApiRequest,
  accepted,
  badRequest,
  bodyObject,
  conflict,
  isObject,
  notFound,
  ok,
  optionalBoolean,
  optionalString,
  type Route,
  requiredString,
  stringMap,
} from '../http/index.ts';
import { newId, type Store } from '../store/index.ts';
import { metadataRoutes } from './metadata.ts';
import { bothPaths } from './paths.ts';
import { defaultTypeName, typeById, typeByReference, type VolumeTypeRow } from './rows.ts';
import { showType } from './views.ts';

/** Source: Block Storage API v3, "Volume types (types)". */
export function typeRoutes(store: Store): readonly Route[] {
  const find = (request: ApiRequest): VolumeTypeRow => {
    const id = request.params.id ?? '';
    const row = id === 'default' ? typeByReference(store, defaultTypeName) : typeById(store, id);
    if (row === undefined || (row.is_public === 0 && !request.caller.isAdmin))
      throw notFound(`Volume type ${id} could not be found.`);
    return row;
  };
  const show = (request: ApiRequest, row: VolumeTypeRow) => ok({ volume_type: showType(request, row) });
  return [
    ...bothPaths('GET', '/types', (request) => {
      const hidden = /^(none|false)$/i.test(request.query.get('is_public') ?? '') && request.caller.isAdmin;
      const rows = store
        .all<VolumeTypeRow>('select * from volume_type order by name')
        .filter((row) => row.is_public === 1 || hidden);
      return ok({ volume_types: rows.map((row) => showType(request, row)) });
    }),
    ...bothPaths('GET', '/types/:id', (request) => show(request, find(request))),
    ...bothPaths(
      'POST',
      '/types',
      (request) => {
        const wanted = bodyObject(request.body, 'volume_type');
        const name = requiredString(wanted, 'name');
        if (store.get('select 1 from volume_type where name = ?', name) !== undefined)
          throw conflict(`Volume Type ${name} already exists.`);
        const id = newId();
        store.run(
          'insert into volume_type values (?, ?, ?, ?, ?)',
          id,
          name,
          optionalString(wanted, 'description') ?? null,
          optionalBoolean(wanted, 'os-volume-type-access:is_public') === false ? 0 : 1,
          JSON.stringify(isObject(wanted.extra_specs) ? stringMap(wanted.extra_specs) : {}),
        );
        return show(request, typeById(store, id) as VolumeTypeRow);
      },
      'admin',
    ),
    ...bothPaths(
      'PUT',
      '/types/:id',
      (request) => {
        const row = find(request);
        const wanted = bodyObject(request.body, 'volume_type');
        store.run(
          'update volume_type set name = ?, description = ?, is_public = ? where id = ?',
          optionalString(wanted, 'name') ?? row.name,
          optionalString(wanted, 'description') ?? row.description,
          (optionalBoolean(wanted, 'is_public') ?? row.is_public === 1) ? 1 : 0,
          row.id,
        );
        return show(request, typeById(store, row.id) as VolumeTypeRow);
      },
      'admin',
    ),
    ...bothPaths(
      'DELETE',
      '/types/:id',
      (request) => {
        const row = find(request);
        if (row.name === defaultTypeName)
          throw badRequest(`The volume type ${row.id} is a default volume type and cannot be deleted.`);
        if (store.get('select 1 from volume where type_id = ?', row.id) !== undefined)
          throw badRequest('Target volume type is still in use.');
        store.run('delete from volume_type where id = ?', row.id);
        return accepted();
      },
      'admin',
    ),
    ...metadataRoutes(
      '/types/:id/extra_specs',
      'extra_specs',
      {
        read: (request) => JSON.parse(find(request).extra_specs) as Record<string, string>,
        write: (request, specs) =>
          store.run('update volume_type set extra_specs = ? where id = ?', JSON.stringify(specs), find(request).id),
      },
      'admin',
    ),
  ];
}
