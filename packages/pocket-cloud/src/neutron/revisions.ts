import { ApiError, type ApiRequest, badRequest, type Route } from '../http/index.ts';
import type { NeutronCore } from './core.ts';
import type { Common } from './rows.ts';
import type { Table } from './table.ts';

/**
 * Lets changes and deletions say which revision they mean: `If-Match: revision_number=7`; another one is a 412 and nothing happens. Controllers
 * that read, decide and write (ORC) rely on it. Source: neutron/services/revisions/revision_plugin.py.
 */
export function withRevisions(core: NeutronCore, routes: readonly Route[]): readonly Route[] {
  const tables: Readonly<Record<string, Pick<Table<Common>, 'get'>>> = {
    networks: core.networks,
    subnets: core.subnets,
    ports: core.ports,
    routers: core.routers,
    floatingips: core.floatingIps,
    'security-groups': core.groups,
    'security-group-rules': core.rules,
  };
  return routes.map((entry) => {
    const plural = /^\/v2\.0\/([a-z-]+)\/:id$/.exec(entry.path)?.[1] ?? '';
    const table = tables[plural];
    if (table === undefined || (entry.method !== 'PUT' && entry.method !== 'DELETE')) return entry;
    const handler: Route['handler'] = (request) => {
      refuseOtherRevision(request, table.get(request.params.id ?? ''));
      return entry.handler(request);
    };
    return { ...entry, handler };
  });
}

function refuseOtherRevision(request: ApiRequest, row: Common | undefined): void {
  const wanted = (request.headers['if-match'] ?? '').split(',').flatMap((tag) => {
    const match = /^(?:W\/)?"?revision_number=(.*?)"?$/.exec(tag.trim());
    return match === null ? [] : [match[1] ?? ''];
  });
  const [first, second] = wanted;
  if (first === undefined) return;
  if (second !== undefined) throw badIfMatch('Multiple revision_number etags are not supported.');
  if (!/^\d+$/.test(first)) throw badIfMatch('Revision number etag must be in the format of revision_number=<int>');
  if (row !== undefined && row.revision_number !== Number(first))
    throw new ApiError(412, `Constrained to ${first}, but current revision is ${row.revision_number}`);
}

const badIfMatch = (message: string): ApiError => badRequest(`Bad if-match request: ${message}.`, 'BadRequest');
