import { type ApiReply, type ApiRequest, badRequest, listPage, notFound, ok, selectFields } from '../http/index.ts';

export type View = Readonly<Record<string, unknown>>;

const paging = new Set(['limit', 'marker', 'page_reverse', 'sort_key', 'sort_dir', 'fields']);
const aliases: Readonly<Record<string, string>> = { tenant_id: 'project_id' };

/**
 * A list as Neutron answers it: every wire attribute is a filter (a repeated key = any of the values), `tags`, `tags-any`, `not-tags`, `not-tags-any`,
 * `fields`, sorting, paging with `<plural>_links`. `special` adds filters that are no plain attributes (`fixed_ips`, `security_groups`).
 */
export function listReply(
  request: ApiRequest,
  plural: string,
  views: readonly View[],
  special: Readonly<Record<string, (view: View, wanted: readonly string[]) => boolean>> = {},
): ApiReply {
  const keys = [...new Set(request.query.keys())].filter((key) => !paging.has(key));
  const names = new Set(views.flatMap((view) => Object.keys(view)));
  checkNames(request.query, keys, names, special);
  const matching = views.filter((view) =>
    keys.every((key) => matches(view, aliases[key] ?? key, request.query.getAll(key), special)),
  );
  const page = listPage(request, matching, {
    idOf: (view) => String(view.id),
    badMarker: (marker) => notFound(`${titleOf(plural)} ${marker} could not be found.`, `${titleOf(plural)}NotFound`),
    sortKeys: Object.fromEntries([...names].map((key) => [key, (view: View) => sortValue(view[key])])),
  });
  return ok({
    [plural]: page.items.map((view) => selectFields(request.query, view)),
    ...(page.next === undefined ? {} : { [`${plural}_links`]: [{ rel: 'next', href: page.next }] }),
  });
}

/** Attributes by which a list of nothing may be filtered and sorted cannot be told; otherwise unknown ones are refused, as Neutron does (neutron/api/api_common.py). */
function checkNames(
  query: URLSearchParams,
  keys: readonly string[],
  known: ReadonlySet<string>,
  special: object,
): void {
  const sortKeys = query.getAll('sort_key');
  if (sortKeys.length !== query.getAll('sort_dir').length)
    throw badRequest('The number of sort_keys and sort_dirs must be same', 'HTTPBadRequest');
  if (known.size === 0) return;
  const unknown = (names: readonly string[]): string => names.map((name) => `'${name}'`).join(', ');
  const badSort = sortKeys.filter((key) => !known.has(key));
  if (badSort.length > 0)
    throw badRequest(`[${unknown(badSort)}] is invalid attribute for sort_keys`, 'HTTPBadRequest');
  const badFilter = keys.filter(
    (key) =>
      !(known.has(aliases[key] ?? key) || key in special || /^(not-)?tags(-any)?$/.test(key) || lenient.has(key)),
  );
  if (badFilter.length > 0)
    throw badRequest(`[${unknown(badFilter)}] is invalid attribute for filtering`, 'HTTPBadRequest');
}

/** Filters that Neutron knows and that every object here meets or that other extensions would show. */
const lenient = new Set([
  'changed_since',
  'network_type',
  'provider:network_type',
  'provider:physical_network',
  'agent_type',
  'binary',
  'host',
]);

const titles: Readonly<Record<string, string>> = {
  networks: 'Network',
  subnets: 'Subnet',
  ports: 'Port',
  routers: 'Router',
  floatingips: 'FloatingIP',
  security_groups: 'SecurityGroup',
  security_group_rules: 'SecurityGroupRule',
  subnetpools: 'SubnetPool',
};
const titleOf = (plural: string): string => titles[plural] ?? plural;

function sortValue(value: unknown): string | number {
  return typeof value === 'number' ? value : String(value ?? '');
}

function matches(
  view: View,
  key: string,
  wanted: readonly string[],
  special: Readonly<Record<string, (view: View, wanted: readonly string[]) => boolean>>,
): boolean {
  const own = special[key];
  if (own !== undefined) return own(view, wanted);
  if (/^(not-)?tags(-any)?$/.test(key)) return tagsMatch(view, key, wanted);
  if (!(key in view)) return true;
  const value = view[key];
  if (typeof value === 'boolean')
    return wanted.some((text) => (['true', '1'].includes(text.toLowerCase()) ? value : !value));
  if (value === null) return wanted.some((text) => text === '' || text === 'None' || text === 'null');
  return wanted.includes(String(value));
}

function tagsMatch(view: View, key: string, wanted: readonly string[]): boolean {
  const own = new Set(Array.isArray(view.tags) ? (view.tags as readonly string[]) : []);
  const tags = wanted.flatMap((text) => text.split(','));
  const found = key.endsWith('-any') ? tags.some((tag) => own.has(tag)) : tags.every((tag) => own.has(tag));
  return key.startsWith('not-') ? !found : found;
}

/** One object under its name, with `fields` applied. */
export function showReply(request: ApiRequest, singular: string, view: View): ApiReply {
  return ok({ [singular]: selectFields(request.query, view) });
}

/** What only Neutron itself may set, by kind; `''` = of every kind. */
const readOnly: Readonly<Record<string, readonly string[]>> = {
  '': ['id', 'status', 'created_at', 'updated_at', 'revision_number', 'tenant_id', 'project_id'],
  subnet: ['cidr', 'network_id', 'ip_version', 'subnetpool_id'],
  port: ['network_id'],
  floatingip: ['floating_network_id', 'floating_ip_address', 'router_id'],
  security_group_rule: ['security_group_id', 'direction', 'protocol'],
};

/** Fields of an update request; 400 for those that cannot be changed. */
export function changesOf(body: unknown, kind: string): View {
  const [changes = {}] = bodies(body, kind, `${kind}s`).items;
  const fixed = Object.keys(changes).find((key) => [...(readOnly[''] ?? []), ...(readOnly[kind] ?? [])].includes(key));
  if (fixed !== undefined) throw badRequest(`Cannot update read-only attribute ${fixed}`, 'HTTPBadRequest');
  return changes;
}

/** Every attribute that some kind of object has or takes; what is none of them is a mistake. Source: neutron_lib/api/definitions. */
const attributes: ReadonlySet<string> = new Set(
  `address_scope_id admin_state_up allocation_pools allowed_address_pairs availability_zone_hints binding:host_id binding:profile
   binding:vif_details binding:vif_type binding:vnic_type cidr created_at data_plane_status default_prefixlen default_quota description
   destination_ip_prefix device_id device_owner direction distributed dns_assignment dns_domain dns_name dns_nameservers enable_dhcp
   enable_ndp_proxy ethertype external_gateway_info external_gateways extra_dhcp_opts fixed_ip_address fixed_ips flavor_id
   floating_ip_address floating_network_id gateway_ip ha hints host_routes id ip_allocation ip_version ipv6_address_mode ipv6_ra_mode
   is_default l2_adjacency mac_address max_prefixlen min_prefixlen mtu name network_id numa_affinity_policy port_id
   port_range_max port_range_min port_security_enabled prefixes prefixlen project_id propagate_uplink_status protocol
   provider:network_type provider:physical_network provider:segmentation_id qos_network_policy_id qos_policy_id remote_address_group_id
   remote_group_id remote_ip_prefix revision_number router:external router_id routes security_group_id security_groups segment_id
   segments service_type_id service_types shared source_ip_prefix stateful status subnet_id subnetpool_id subnets tags tenant_id
   trunk_details updated_at use_default_subnetpool vlan_transparent`.split(/\s+/),
);

function known(items: readonly View[]): readonly View[] {
  const unknown = items.flatMap((item) => Object.keys(item)).filter((key) => !attributes.has(key));
  if (unknown.length > 0) throw badRequest(`Unrecognized attribute(s) '${unknown.join(', ')}'`, 'HTTPBadRequest');
  return items;
}

/** Fields of a create or update request: `{"<singular>": {…}}`, or the list of a bulk create `{"<plural>": [{…}]}`. */
export function bodies(body: unknown, singular: string, plural: string): { items: readonly View[]; bulk: boolean } {
  const object = typeof body === 'object' && body !== null ? (body as View) : {};
  const one = object[singular];
  const many = object[plural];
  if (Array.isArray(many) && many.every((item) => typeof item === 'object' && item !== null))
    return { items: known(many as View[]), bulk: true };
  if (typeof one === 'object' && one !== null && !Array.isArray(one))
    return { items: known([one as View]), bulk: false };
  throw badRequest(`Unable to find '${singular}' in request body`);
}
