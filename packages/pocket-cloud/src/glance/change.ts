import {
  badRequest,
  conflict,
  forbidden,
  isObject,
  type JsonObject,
  optionalBoolean,
  optionalInteger,
  optionalString,
} from '../http/index.ts';
import type { ImageRow } from './rows.ts';
import { showImage } from './view.ts';

const readOnly = new Set([
  'status',
  'owner',
  'size',
  'virtual_size',
  'checksum',
  'os_hash_algo',
  'os_hash_value',
  'created_at',
  'updated_at',
  'self',
  'file',
  'schema',
  'direct_url',
  'locations',
  'id',
]);
const base = new Set([
  'name',
  'visibility',
  'protected',
  'disk_format',
  'container_format',
  'min_disk',
  'min_ram',
  'tags',
  'os_hidden',
]);
const visibilities: readonly string[] = ['public', 'private', 'shared', 'community'];
const diskFormats = ['ami', 'ari', 'aki', 'vhd', 'vhdx', 'vmdk', 'raw', 'qcow2', 'vdi', 'iso', 'ploop'];
const containerFormats = ['ami', 'ari', 'aki', 'bare', 'ovf', 'ova', 'docker', 'compressed'];

/** The row with the wanted fields; everything that is no fixed field becomes a property (null removes it). 403 for read-only fields, as Glance does. */
export function withFields(row: ImageRow, wanted: JsonObject): ImageRow {
  for (const key of Object.keys(wanted)) if (readOnly.has(key)) throw forbidden(`Attribute '${key}' is read-only.`);
  const choice = (key: string, allowed: readonly string[], old: string | null): string | null => {
    if (!(key in wanted)) return old;
    const value = optionalString(wanted, key) ?? null;
    if (value !== null && !allowed.includes(value))
      throw badRequest(`Invalid value '${value}' for '${key}': it must be one of ${allowed.join(', ')}.`);
    return value;
  };
  const properties = { ...(JSON.parse(row.properties) as Record<string, string>) };
  for (const [key, value] of Object.entries(wanted)) {
    if (base.has(key)) continue;
    if (value === null) delete properties[key];
    else if (typeof value === 'string') properties[key] = value;
    else throw badRequest(`Property '${key}' must be a string.`);
  }
  return {
    ...row,
    name: 'name' in wanted ? (optionalString(wanted, 'name') ?? null) : row.name,
    visibility: choice('visibility', visibilities, row.visibility) as ImageRow['visibility'],
    protected: (optionalBoolean(wanted, 'protected') ?? row.protected === 1) ? 1 : 0,
    disk_format: choice('disk_format', diskFormats, row.disk_format),
    container_format: choice('container_format', containerFormats, row.container_format),
    min_disk: optionalInteger(wanted, 'min_disk') ?? row.min_disk,
    min_ram: optionalInteger(wanted, 'min_ram') ?? row.min_ram,
    tags: 'tags' in wanted ? JSON.stringify(tagsOf(wanted.tags)) : row.tags,
    properties: JSON.stringify(properties),
  };
}

function tagsOf(value: unknown): readonly string[] {
  if (!Array.isArray(value) || !value.every((tag) => typeof tag === 'string'))
    throw badRequest("'tags' must be a list of strings.");
  return [...new Set(value as string[])];
}

/** application/openstack-images-v2.1-json-patch: add, replace and remove of top-level fields. */
export function patched(row: ImageRow, patch: unknown): ImageRow {
  if (!Array.isArray(patch)) throw badRequest('The request body must be a list of JSON patch operations.');
  let current = row;
  for (const operation of patch as unknown[]) {
    if (!isObject(operation) || typeof operation.path !== 'string' || !operation.path.startsWith('/'))
      throw badRequest('Every operation needs "op" and a "path" that starts with "/".');
    const key = operation.path.slice(1).replaceAll('~1', '/').replaceAll('~0', '~');
    if (operation.op === 'remove') {
      if (base.has(key)) throw forbidden(`Property ${key} may not be removed.`);
      if (!(key in showImage(current))) throw conflict(`Property ${key} does not exist.`);
      current = withFields(current, { [key]: null });
    } else if (operation.op === 'add' || operation.op === 'replace') {
      if (operation.op === 'replace' && !(key in showImage(current))) throw conflict(`Property ${key} does not exist.`);
      current = withFields(current, { [key]: operation.value });
    } else throw badRequest(`Operation '${String(operation.op)}' is not supported.`);
  }
  return current;
}
