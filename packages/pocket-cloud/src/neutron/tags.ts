import {
  type ApiRequest,
  badRequest,
  canSee,
  isObject,
  noContent,
  notFound,
  ok,
  type Route,
  route,
} from '../http/index.ts';
import type { NeutronCore } from './core.ts';
import type { Common } from './rows.ts';
import type { Table } from './table.ts';

const maxLength = 255;

/** Tags of every kind of object. Source: neutron/extensions/tagging.py. */
export function tagRoutes(core: NeutronCore): readonly Route[] {
  const tables: Readonly<Record<string, readonly [string, Table<Common>]>> = {
    networks: ['network', core.networks as unknown as Table<Common>],
    subnetpools: ['subnetpool', core.subnetPools as unknown as Table<Common>],
    subnets: ['subnet', core.subnets as unknown as Table<Common>],
    ports: ['port', core.ports as unknown as Table<Common>],
    routers: ['router', core.routers as unknown as Table<Common>],
    floatingips: ['floatingip', core.floatingIps as unknown as Table<Common>],
    'security-groups': ['security_group', core.groups as unknown as Table<Common>],
    'security-group-rules': ['security_group_rule', core.rules as unknown as Table<Common>],
  };
  return Object.entries(tables).flatMap(([plural, [kind, table]]) => routesOf(plural, kind, table));
}

function routesOf(plural: string, kind: string, table: Table<Common>): readonly Route[] {
  const find = (request: ApiRequest): Common => {
    const id = request.params.id ?? '';
    const row = table.get(id);
    if (row === undefined || !canSee(request.caller, row.project_id))
      throw notFound(`Resource ${kind} ${id} could not be found.`, 'TagResourceNotFound');
    return row;
  };
  const write = (row: Common, tags: readonly string[]): void => {
    if (tags.length !== row.tags.length || tags.some((tag) => !row.tags.includes(tag))) table.update(row.id, { tags });
  };
  const tagOf = (row: Common, request: ApiRequest): string => {
    const tag = request.params.tag ?? '';
    if (!row.tags.includes(tag)) throw notFound(`Tag ${tag} could not be found.`, 'TagNotFound');
    return tag;
  };
  const base = `/v2.0/${plural}/:id/tags`;
  return [
    route('GET', base, (request) => ok({ tags: find(request).tags })),
    route('PUT', base, (request) => {
      const row = find(request);
      const tags = readTags(isObject(request.body) ? request.body.tags : undefined);
      write(row, tags);
      return ok({ tags });
    }),
    route('DELETE', base, (request) => {
      write(find(request), []);
      return noContent;
    }),
    route('GET', `${base}/:tag`, (request) => {
      tagOf(find(request), request);
      return noContent;
    }),
    route('PUT', `${base}/:tag`, (request) => {
      const row = find(request);
      const [tag = ''] = readTags([request.params.tag]);
      if (!row.tags.includes(tag)) write(row, [...row.tags, tag]);
      return { status: 201 };
    }),
    route('DELETE', `${base}/:tag`, (request) => {
      const row = find(request);
      const tag = tagOf(row, request);
      write(
        row,
        row.tags.filter((other) => other !== tag),
      );
      return noContent;
    }),
  ];
}

/** A list of different strings; 400 otherwise. */
export function readTags(value: unknown): readonly string[] {
  const invalid = (why: string): Error => badRequest(`Invalid input for operation: ${why}.`, 'InvalidInput');
  if (value === undefined) throw invalid('Invalid tags body');
  if (!Array.isArray(value)) throw invalid(`'${JSON.stringify(value)}' is not a list`);
  const tags = value.map((tag: unknown) => {
    if (typeof tag !== 'string') throw invalid(`'${JSON.stringify(tag)}' is not a valid string`);
    if (tag.length > maxLength) throw invalid(`'${tag}' exceeds maximum length of ${maxLength}`);
    return tag;
  });
  if (new Set(tags).size !== tags.length) throw invalid(`Duplicate items in the list: '${tags.join(', ')}'`);
  return tags;
}
