import { isIPv6 } from 'node:net';
import { cidrOf, formatCidr, parseCidr } from '../engine/network/index.ts';
import {
  type ApiReply,
  type ApiRequest,
  badRequest,
  canSee,
  conflict,
  created,
  noContent,
  optionalString,
  type Route,
  requiredString,
  route,
} from '../http/index.ts';
import { checkQuota, type NeutronCore, projectFor, visible } from './core.ts';
import { hasPorts, isIpv6Protocol, portProtocolNames, protocolNames, protocolNumber } from './protocols.ts';
import { bodies, listReply, showReply, type View } from './query.ts';
import type { SecurityGroupRuleRow } from './rows.ts';

type RuleFields = Pick<
  SecurityGroupRuleRow,
  | 'security_group_id'
  | 'direction'
  | 'ethertype'
  | 'protocol'
  | 'port_range_min'
  | 'port_range_max'
  | 'remote_ip_prefix'
  | 'remote_group_id'
>;

/** Source: neutron/db/securitygroups_db.py and neutron/extensions/securitygroup.py. */
export function securityGroupRuleRoutes(core: NeutronCore): readonly Route[] {
  const find = (request: ApiRequest): SecurityGroupRuleRow =>
    visible(request.caller, core.rules, request.params.id ?? '', 'SecurityGroupRule');
  return [
    route('GET', '/v2.0/security-group-rules', (request) =>
      listReply(
        request,
        'security_group_rules',
        core.rules
          .list()
          .filter((row) => canSee(request.caller, row.project_id))
          .map(ruleView),
      ),
    ),
    route('POST', '/v2.0/security-group-rules', (request) => create(core, request)),
    route('GET', '/v2.0/security-group-rules/:id', (request) =>
      showReply(request, 'security_group_rule', ruleView(find(request))),
    ),
    route('DELETE', '/v2.0/security-group-rules/:id', (request) => {
      core.rules.remove(find(request).id);
      void core.changed();
      return noContent;
    }),
  ];
}

export function ruleView(row: SecurityGroupRuleRow): View {
  const { name: _name, ...rest } = row;
  const isCidr = row.remote_ip_prefix !== null && parseCidr(row.remote_ip_prefix) !== undefined;
  return {
    ...rest,
    tenant_id: row.project_id,
    normalized_cidr: isCidr ? formatCidr(cidrOf(row.remote_ip_prefix ?? '')) : row.remote_ip_prefix,
    remote_address_group_id: null,
  };
}

function create(core: NeutronCore, request: ApiRequest): ApiReply {
  const { items, bulk } = bodies(request.body, 'security_group_rule', 'security_group_rules');
  const rows = core.store.transaction(() =>
    items.map((body) => {
      const fields = readRule(core, request, body);
      const key = sameness(fields);
      const twin = core.rules.list().find((row) => sameness(row) === key);
      if (twin !== undefined)
        throw conflict(`Security group rule already exists. Rule id is ${twin.id}.`, 'SecurityGroupRuleExists');
      const named = body.project_id ?? body.tenant_id;
      // Of the group's project, also when an administrator adds it.
      const owner = core.groups.get(fields.security_group_id)?.project_id ?? request.caller.projectId;
      const projectId = named === undefined ? owner : projectFor(request, body);
      checkQuota(core, projectId, 'security_group_rule');
      return core.rules.insert({
        project_id: projectId,
        description: optionalString(body, 'description') ?? '',
        ...fields,
      });
    }),
  );
  void core.changed();
  const views = rows.map(ruleView);
  return created(bulk ? { security_group_rules: views } : { security_group_rule: views[0] });
}

/** What makes two rules the same one. Source: `_rule_to_key`. */
function sameness(rule: RuleFields): string {
  const everywhere = rule.remote_ip_prefix === '0.0.0.0/0' || rule.remote_ip_prefix === '::/0';
  return JSON.stringify([
    rule.security_group_id,
    rule.direction,
    rule.ethertype,
    rule.protocol === null ? null : (protocolNumber(rule.protocol) ?? rule.protocol),
    rule.port_range_min,
    rule.port_range_max,
    everywhere ? null : rule.remote_ip_prefix,
    rule.remote_group_id,
  ]);
}

function readRule(core: NeutronCore, request: ApiRequest, body: View): RuleFields {
  const direction = requiredString(body, 'direction');
  if (direction !== 'ingress' && direction !== 'egress')
    throw badRequest(
      `Invalid input for direction. Reason: '${direction}' is not in ['ingress', 'egress'].`,
      'HTTPBadRequest',
    );
  const ethertype = ethertypeOf(optionalString(body, 'ethertype') ?? 'IPv4');
  const protocol = protocolOf(body.protocol, ethertype);
  const prefix = optionalString(body, 'remote_ip_prefix');
  const remoteGroup = optionalString(body, 'remote_group_id');
  if (optionalString(body, 'remote_address_group_id') !== undefined)
    throw badRequest('Address groups are not available in this cloud.', 'InvalidInput');
  const remotes = [prefix, remoteGroup].filter((value) => value !== undefined && value !== '');
  if (remotes.length > 1)
    throw badRequest(
      'Only one of remote_ip_prefix or remote_group_id or remote_address_group_id may be provided.',
      'SecurityGroupMultipleRemoteEntites',
    );
  const range = rangeOf(body, protocol);
  const group = visible(request.caller, core.groups, requiredString(body, 'security_group_id'), 'SecurityGroup');
  return {
    security_group_id: group.id,
    direction,
    ethertype,
    protocol,
    ...range,
    remote_ip_prefix: prefix === undefined || prefix === '' ? null : prefixOf(prefix, ethertype),
    remote_group_id:
      remoteGroup === undefined || remoteGroup === ''
        ? null
        : visible(request.caller, core.groups, remoteGroup, 'SecurityGroup').id,
  };
}

function ethertypeOf(text: string): 'IPv4' | 'IPv6' {
  const found = (['IPv4', 'IPv6'] as const).find((name) => name.toLowerCase() === text.toLowerCase());
  if (found === undefined)
    throw badRequest(
      `Security group rule for ethertype '${text}' not supported. Allowed values are ['IPv4', 'IPv6'].`,
      'SecurityGroupRuleInvalidEtherType',
    );
  return found;
}

function protocolOf(value: unknown, ethertype: 'IPv4' | 'IPv6'): string | null {
  // "any" and "" are how some clients spell the absence of a protocol.
  if (value === undefined || value === null || value === '' || value === 'any') return null;
  const text = String(value).toLowerCase();
  const number = protocolNumber(text);
  if (number === undefined)
    throw badRequest(
      `Security group rule protocol ${text} not supported. Only protocol values [None, ${protocolNames
        .map((name) => `'${name}'`)
        .join(', ')}] and integer representations [0 to 255] are supported.`,
      'SecurityGroupRuleInvalidProtocol',
    );
  if (ethertype === 'IPv6' && number === 1) return text === '1' ? '58' : 'ipv6-icmp';
  if (ethertype === 'IPv6' && text === 'icmpv6') return 'ipv6-icmp';
  if (ethertype === 'IPv4' && isIpv6Protocol(number))
    throw badRequest(
      `Invalid ethertype ${ethertype} for protocol ${text}.`,
      'SecurityGroupEthertypeConflictWithProtocol',
    );
  return text;
}

function integer(body: View, key: string): number | null {
  const value = body[key];
  if (value === undefined || value === null || value === '') return null;
  const number = typeof value === 'string' && /^\d+$/.test(value) ? Number(value) : value;
  if (typeof number !== 'number' || !Number.isInteger(number) || number < 0 || number > 65_535)
    throw badRequest(`Invalid value for port ${String(value)}`, 'SecurityGroupInvalidPortValue');
  return number;
}

function rangeOf(body: View, protocol: string | null): Pick<RuleFields, 'port_range_min' | 'port_range_max'> {
  let [min, max] = [integer(body, 'port_range_min'), integer(body, 'port_range_max')];
  const none = { port_range_min: null, port_range_max: null };
  if (min === 1 && max === 65_535) [min, max] = [null, null];
  if (min === null && max === null) return none;
  if (protocol === null)
    throw badRequest('Must also specify protocol if port range is given.', 'SecurityGroupProtocolRequiredWithPorts');
  const number = protocolNumber(protocol) ?? -1;
  if (hasPorts(number)) {
    if (min === 0 || max === 0) throw badRequest('Invalid value for port 0', 'SecurityGroupInvalidPortValue');
    if (min === null || max === null || min > max)
      throw badRequest(
        'For TCP/UDP protocols, port_range_min must be <= port_range_max',
        'SecurityGroupInvalidPortRange',
      );
  } else if (number === 1 || number === 58) {
    for (const [field, attribute, value] of [
      ['type', 'port_range_min', min],
      ['code', 'port_range_max', max],
    ] as const)
      if (value !== null && value > 255)
        throw badRequest(
          `Invalid value for ICMP ${field} (${attribute}) ${value}. It must be 0 to 255.`,
          'SecurityGroupInvalidIcmpValue',
        );
    if (min === null)
      throw badRequest(
        `ICMP code (port-range-max) ${max} is provided but ICMP type (port-range-min) is missing.`,
        'SecurityGroupMissingIcmpType',
      );
  } else
    throw badRequest(
      `Ports cannot be specified for protocol ${protocol}. Ports are only supported for ${portProtocolNames
        .map((name) => name.toUpperCase())
        .join(', ')}.`,
      'SecurityGroupInvalidProtocolForPort',
    );
  return { port_range_min: min, port_range_max: max };
}

/** A prefix with its length, as given otherwise: Neutron shows host bits and keeps the masked form in `normalized_cidr`. */
function prefixOf(text: string, ethertype: 'IPv4' | 'IPv6'): string {
  const [address = '', length] = text.split('/');
  const v4 = parseCidr(text) !== undefined;
  const v6 = isIPv6(address) && (length === undefined || (/^\d{1,3}$/.test(length) && Number(length) <= 128));
  if (!v4 && !v6) throw badRequest(`Invalid CIDR ${text} given as IP prefix.`, 'InvalidCIDR');
  if (v4 !== (ethertype === 'IPv4'))
    throw badRequest(`Conflicting value ethertype ${ethertype} for CIDR ${text}`, 'SecurityGroupRuleParameterConflict');
  if (length !== undefined) return text;
  return `${text}/${v4 ? 32 : 128}`;
}
