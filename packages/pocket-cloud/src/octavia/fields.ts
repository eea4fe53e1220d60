import { badRequest, isObject, type JsonObject } from '../http/index.ts';

export type Kind = 'loadbalancer' | 'listener' | 'pool' | 'member' | 'healthmonitor';

interface Field {
  readonly type: 'string' | 'boolean' | 'integer' | 'strings' | 'object';
  readonly default: unknown;
  readonly required?: true;
  /** Given at creation only. */
  readonly fixed?: true;
  readonly oneOf?: readonly string[];
  readonly minimum?: number;
  readonly maximum?: number;
}

const text = (fallback: string | null, more: Partial<Field> = {}): Field => ({
  type: 'string',
  default: fallback,
  ...more,
});
const flag = (fallback: boolean): Field => ({ type: 'boolean', default: fallback });
const number = (fallback: number | null, minimum: number, maximum: number, more: Partial<Field> = {}): Field => ({
  type: 'integer',
  default: fallback,
  minimum,
  maximum,
  ...more,
});
const common = { name: text(''), admin_state_up: flag(true), tags: { type: 'strings', default: [] } as Field };
const described = { ...common, description: text('') };
const maxTimeoutMs = 31_536_000_000;

/** What clients may say of each kind, with the defaults of the real service. Source: octavia/api/v2/types/*.py and octavia/common/constants.py. */
export const fieldsOf: Readonly<Record<Kind, Readonly<Record<string, Field>>>> = {
  loadbalancer: {
    ...described,
    provider: text('octavia', { fixed: true }),
    flavor_id: text(null, { fixed: true }),
    availability_zone: text(null, { fixed: true }),
    vip_address: text(null, { fixed: true }),
    vip_port_id: text(null, { fixed: true }),
    vip_subnet_id: text(null, { fixed: true }),
    vip_network_id: text(null, { fixed: true }),
    vip_qos_policy_id: text(null),
  },
  listener: {
    ...described,
    protocol: text(null, {
      required: true,
      fixed: true,
      oneOf: ['TCP', 'HTTP', 'HTTPS', 'UDP', 'SCTP', 'TERMINATED_HTTPS', 'PROMETHEUS'],
    }),
    protocol_port: number(null, 1, 65_535, { required: true, fixed: true }),
    connection_limit: number(-1, -1, 2_147_483_647),
    default_pool_id: text(null),
    insert_headers: { type: 'object', default: {} },
    allowed_cidrs: { type: 'strings', default: null },
    timeout_client_data: number(50_000, 0, maxTimeoutMs),
    timeout_member_connect: number(5000, 0, maxTimeoutMs),
    timeout_member_data: number(50_000, 0, maxTimeoutMs),
    timeout_tcp_inspect: number(0, 0, maxTimeoutMs),
    default_tls_container_ref: text(null),
    sni_container_refs: { type: 'strings', default: [] },
  },
  pool: {
    ...described,
    protocol: text(null, {
      required: true,
      fixed: true,
      oneOf: ['TCP', 'HTTP', 'HTTPS', 'PROXY', 'PROXYV2', 'UDP', 'SCTP'],
    }),
    lb_algorithm: text(null, {
      required: true,
      oneOf: ['ROUND_ROBIN', 'LEAST_CONNECTIONS', 'SOURCE_IP', 'SOURCE_IP_PORT'],
    }),
    session_persistence: { type: 'object', default: null },
  },
  member: {
    ...common,
    address: text(null, { required: true, fixed: true }),
    protocol_port: number(null, 1, 65_535, { required: true, fixed: true }),
    subnet_id: text(null, { fixed: true }),
    weight: number(1, 0, 256),
    backup: flag(false),
    monitor_address: text(null),
    monitor_port: number(null, 1, 65_535),
  },
  healthmonitor: {
    ...common,
    type: text(null, {
      required: true,
      fixed: true,
      oneOf: ['TCP', 'HTTP', 'HTTPS', 'PING', 'TLS-HELLO', 'UDP-CONNECT', 'SCTP'],
    }),
    delay: number(null, 1, 2_147_483, { required: true }),
    timeout: number(null, 1, 2_147_483, { required: true }),
    max_retries: number(null, 1, 10, { required: true }),
    max_retries_down: number(3, 1, 10),
    http_method: text(null, {
      oneOf: ['GET', 'HEAD', 'POST', 'DELETE', 'PUT', 'PATCH', 'OPTIONS', 'TRACE', 'CONNECT'],
    }),
    url_path: text(null),
    expected_codes: text(null),
    domain_name: text(null),
  },
};

/** Reads the fields of a request. `structural` names what the caller of this function reads itself. 400 names the field that is wrong. */
export function readFields(
  kind: Kind,
  body: JsonObject,
  mode: 'create' | 'update',
  structural: readonly string[] = [],
): Record<string, unknown> {
  const known = fieldsOf[kind];
  const result: Record<string, unknown> = {};
  for (const key of Object.keys(body))
    if (known[key] === undefined && !structural.includes(key) && key !== 'project_id' && key !== 'tenant_id')
      throw badRequest(`Unknown attribute: ${key} for argument ${kind}`);
  for (const [key, field] of Object.entries(known)) {
    const given = body[key];
    if (given === undefined) {
      if (mode === 'update') continue;
      if (field.required) throw badRequest(`Mandatory field missing. Field: '${key}'.`);
      result[key] = field.default;
      continue;
    }
    if (mode === 'update' && field.fixed)
      throw badRequest(`Invalid input for field/attribute ${key}: it cannot be changed.`);
    result[key] = given === null && !field.required ? field.default : readValue(key, field, given);
  }
  return result;
}

function readValue(key: string, field: Field, value: unknown): unknown {
  const wrong = (why: string): Error =>
    badRequest(`Invalid input for field/attribute ${key}. Value: '${JSON.stringify(value).slice(0, 200)}'. ${why}`);
  if (field.type === 'integer') {
    const parsed = typeof value === 'string' && /^-?\d+$/.test(value) ? Number(value) : value;
    if (typeof parsed !== 'number' || !Number.isInteger(parsed)) throw wrong('Value must be an integer.');
    if (parsed < (field.minimum ?? 0) || parsed > (field.maximum ?? parsed))
      throw wrong(`Value should be from ${field.minimum} to ${field.maximum}.`);
    return parsed;
  }
  if (field.type === 'boolean') {
    if (typeof value !== 'boolean') throw wrong('Value must be a boolean.');
    return value;
  }
  if (field.type === 'strings') {
    if (!Array.isArray(value) || value.some((item) => typeof item !== 'string'))
      throw wrong('Value must be a list of strings.');
    return value;
  }
  if (field.type === 'object') {
    if (!isObject(value)) throw wrong('Value must be an object.');
    return value;
  }
  if (typeof value !== 'string' || value.length > 4096) throw wrong('Value must be a string.');
  if (field.oneOf !== undefined && !field.oneOf.includes(value))
    throw wrong(`Value should be one of: ${field.oneOf.join(', ')}.`);
  return value;
}
