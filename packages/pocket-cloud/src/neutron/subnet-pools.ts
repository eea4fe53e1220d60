import {
  addressOf,
  type Cidr,
  cidrOf,
  contains,
  formatAddress,
  formatCidr,
  overlaps,
  parseCidr,
} from '../engine/network/index.ts';
import {
  type ApiReply,
  type ApiRequest,
  badRequest,
  type Caller,
  canSee,
  created,
  noContent,
  optionalArray,
  optionalBoolean,
  optionalInteger,
  optionalString,
  type Route,
  requiredString,
  route,
} from '../http/index.ts';
import { absent, type NeutronCore, onlyAdmin, projectFor } from './core.ts';
import { bodies, changesOf, listReply, showReply, type View } from './query.ts';
import type { SubnetPoolRow } from './rows.ts';

const shortest = 8;
const longest = 32;

/** Ranges of which subnets are cut without naming one. Source: neutron/ipam/subnet_alloc.py, neutron/db/db_base_plugin_v2.py. */
export function subnetPoolRoutes(core: NeutronCore): readonly Route[] {
  const find = (request: ApiRequest): SubnetPoolRow => {
    const id = request.params.id ?? '';
    return visiblePool(core, request.caller, id);
  };
  const own = (request: ApiRequest): SubnetPoolRow => {
    const row = find(request);
    if (!canSee(request.caller, row.project_id)) throw absent('SubnetPool', row.id);
    return row;
  };
  return [
    route('GET', '/v2.0/subnetpools', (request) =>
      listReply(
        request,
        'subnetpools',
        core.subnetPools
          .list()
          .filter((row) => row.shared || canSee(request.caller, row.project_id))
          .map(view),
      ),
    ),
    route('POST', '/v2.0/subnetpools', (request) => create(core, request)),
    route('GET', '/v2.0/subnetpools/:id', (request) => showReply(request, 'subnetpool', view(find(request)))),
    route('PUT', '/v2.0/subnetpools/:id', (request) => update(core, request, own(request))),
    route('DELETE', '/v2.0/subnetpools/:id', (request) => {
      const row = own(request);
      if (core.subnets.list().some(({ subnetpool_id }) => subnetpool_id === row.id))
        throw badRequest(
          'Unable to delete subnet pool: Subnet pool has existing allocations.',
          'SubnetPoolDeleteError',
        );
      core.subnetPools.remove(row.id);
      return noContent;
    }),
  ];
}

function visiblePool(core: NeutronCore, caller: Caller, id: string): SubnetPoolRow {
  const row = core.subnetPools.get(id);
  if (row === undefined || !(row.shared || canSee(caller, row.project_id))) throw absent('SubnetPool', id);
  return row;
}

function view(row: SubnetPoolRow): View {
  return { ...row, tenant_id: row.project_id, ip_version: 4, address_scope_id: null };
}

function create(core: NeutronCore, request: ApiRequest): ApiReply {
  const [body = {}] = bodies(request.body, 'subnetpool', 'subnetpools').items;
  const shared = optionalBoolean(body, 'shared') ?? false;
  const isDefault = optionalBoolean(body, 'is_default') ?? false;
  onlyAdmin(request.caller, shared, 'create_subnetpool', 'shared');
  onlyAdmin(request.caller, isDefault, 'create_subnetpool', 'is_default');
  const prefixes = readPrefixes(body);
  if (prefixes === undefined || prefixes.length === 0)
    throw badRequest("Invalid input for prefixes. Reason: '[]' is not a list of prefixes.", 'InvalidInput');
  const name = requiredString(body, 'name');
  const row = core.subnetPools.insert({
    project_id: projectFor(request, body),
    name,
    description: optionalString(body, 'description') ?? '',
    shared,
    is_default: isDefault,
    default_quota: optionalInteger(body, 'default_quota', 0) ?? null,
    prefixes,
    ...lengths(body, { min_prefixlen: shortest, max_prefixlen: longest }),
  });
  return created({ subnetpool: view(row) });
}

function update(core: NeutronCore, request: ApiRequest, row: SubnetPoolRow): ApiReply {
  const body = changesOf(request.body, 'subnetpool');
  const prefixes = readPrefixes(body) ?? row.prefixes;
  const stays = (old: string): boolean => prefixes.some((text) => covers(cidrOf(text), cidrOf(old)));
  if (!row.prefixes.every(stays))
    throw badRequest(
      'Illegal subnetpool update : Existing prefixes must be a subset of the new prefixes.',
      'IllegalSubnetPoolPrefixUpdate',
    );
  const changed = core.subnetPools.update(row.id, {
    name: optionalString(body, 'name') ?? row.name,
    description: optionalString(body, 'description') ?? row.description,
    prefixes,
    ...lengths(body, row),
  });
  return showReply(request, 'subnetpool', view(changed ?? row));
}

function readPrefixes(body: View): readonly string[] | undefined {
  return optionalArray(body, 'prefixes')?.map((item) => {
    const cidr = typeof item === 'string' ? parseCidr(item) : undefined;
    if (cidr === undefined)
      throw badRequest(
        `Invalid input for prefixes. Reason: '${String(item)}' is not a valid IP subnet.`,
        'InvalidInput',
      );
    return formatCidr(cidr);
  });
}

type Lengths = Pick<SubnetPoolRow, 'min_prefixlen' | 'max_prefixlen' | 'default_prefixlen'>;

function lengths(body: View, before: Pick<Lengths, 'min_prefixlen' | 'max_prefixlen'> & Partial<Lengths>): Lengths {
  const min = optionalInteger(body, 'min_prefixlen', 0) ?? before.min_prefixlen;
  const max = optionalInteger(body, 'max_prefixlen', 0) ?? before.max_prefixlen;
  const chosen = optionalInteger(body, 'default_prefixlen', 0) ?? before.default_prefixlen ?? min;
  const illegal = (what: string, one: string, two: string): Error =>
    badRequest(`Illegal prefix bounds: ${what}=${one}, ${two}.`, 'IllegalSubnetPoolPrefixBounds');
  if (min > max) throw illegal('min_prefixlen', String(min), `max_prefixlen=${max}`);
  if (max > longest) throw illegal('max_prefixlen', String(max), `ip_version_max=${longest}`);
  if (chosen < min) throw illegal('default_prefixlen', String(chosen), `min_prefixlen=${min}`);
  if (chosen > max) throw illegal('default_prefixlen', String(chosen), `max_prefixlen=${max}`);
  return { min_prefixlen: min, max_prefixlen: max, default_prefixlen: chosen };
}

const covers = (outer: Cidr, inner: Cidr): boolean => contains(outer, inner.base) && contains(outer, inner.last);

/** The pool that a new subnet names (or the default one, if it asks for that) and the range it gets of it; undefined when it names none. */
export function rangeFromPool(
  core: NeutronCore,
  caller: Caller,
  body: View,
): { readonly poolId: string; readonly cidr: string } | undefined {
  const wantsDefault = optionalBoolean(body, 'use_default_subnetpool') ?? false;
  const id = optionalString(body, 'subnetpool_id');
  if (id === undefined && !wantsDefault) return undefined;
  const pool =
    id === undefined ? core.subnetPools.list().find(({ is_default }) => is_default) : visiblePool(core, caller, id);
  if (pool === undefined) throw badRequest('Bad subnets request: No default subnetpool found for IPv4.', 'BadRequest');
  const taken = core.subnets
    .list()
    .filter(({ subnetpool_id }) => subnetpool_id === pool.id)
    .map(({ cidr }) => cidrOf(cidr));
  const named = optionalString(body, 'cidr');
  const wanted = named === undefined ? undefined : parseCidr(named);
  if (wanted !== undefined) {
    const fits = pool.prefixes.some((text) => covers(cidrOf(text), wanted));
    if (!fits || taken.some((other) => overlaps(other, wanted)))
      throw refusal('Cannot allocate requested subnet from the available set of prefixes');
    return { poolId: pool.id, cidr: formatCidr(wanted) };
  }
  const length = optionalInteger(body, 'prefixlen', 0) ?? pool.default_prefixlen;
  if (length < pool.min_prefixlen)
    throw badRequest(
      `Unable to allocate subnet with prefix length ${length}, minimum allowed prefix is ${pool.min_prefixlen}.`,
      'MinPrefixSubnetAllocationError',
    );
  if (length > pool.max_prefixlen)
    throw badRequest(
      `Unable to allocate subnet with prefix length ${length}, maximum allowed prefix is ${pool.max_prefixlen}.`,
      'MaxPrefixSubnetAllocationError',
    );
  const size = 2 ** (longest - length);
  for (const text of pool.prefixes) {
    const prefix = cidrOf(text);
    for (let base = prefix.base; base + size - 1 <= prefix.last; base += size) {
      const candidate = cidrOf(`${formatAddress(base)}/${length}`);
      if (addressOf(formatAddress(base)) === candidate.base && !taken.some((other) => overlaps(other, candidate)))
        return { poolId: pool.id, cidr: formatCidr(candidate) };
    }
  }
  throw refusal('Insufficient prefix space to allocate subnet size /'.concat(String(length)));
}

function refusal(reason: string): Error {
  return badRequest(`Failed to allocate subnet: ${reason}.`, 'SubnetAllocationError');
}
