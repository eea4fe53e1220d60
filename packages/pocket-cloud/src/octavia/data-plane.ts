import type {
  ListenerSpec,
  LoadBalancerSpec,
  MonitorSpec,
  PoolSpec,
  Statistics,
} from '../engine/load-balancer/index.ts';
import type { VipNetworking } from './networking.ts';
import { type LbRow, nodePortsKey } from './rows.ts';

const isWanted = (row: LbRow): boolean =>
  row.provisioning_status !== 'PENDING_DELETE' && row.data.admin_state_up === true;

/** Ports of the two nodes of a pair; empty for a single load balancer. */
export const nodePorts = (loadBalancer: LbRow): readonly string[] =>
  (loadBalancer.data[nodePortsKey] ?? []) as readonly string[];

/** What the engine shall make of one load balancer's rows. Objects that are going or switched off are left out. */
export function specOf(
  loadBalancer: LbRow,
  tree: readonly LbRow[],
  networking: Pick<VipNetworking, 'vipLeg'>,
): LoadBalancerSpec {
  const { leg, bridge, nexthop } = networking.vipLeg(String(loadBalancer.data.vip_port_id));
  const [first, second] = nodePorts(loadBalancer);
  const listeners = loadBalancer.data.admin_state_up === true ? tree.filter((row) => row.kind === 'listener') : [];
  return {
    id: loadBalancer.id,
    nodes:
      first === undefined || second === undefined
        ? [{ name: '', leg }]
        : [
            { name: 'a', leg: networking.vipLeg(first).leg },
            { name: 'b', leg: networking.vipLeg(second).leg },
          ],
    bridge,
    nexthop,
    vip: String(loadBalancer.data.vip_address),
    listeners: listeners.filter(isWanted).map((listener) => listenerSpec(listener, tree)),
  };
}

/** Whether a proxy runs for these rows: only where there is something to listen for. */
export function expectsProxy(loadBalancer: LbRow, tree: readonly LbRow[]): boolean {
  return loadBalancer.data.admin_state_up === true && tree.some((row) => row.kind === 'listener' && isWanted(row));
}

function listenerSpec(listener: LbRow, tree: readonly LbRow[]): ListenerSpec {
  const { data } = listener;
  const pool = tree.find((row) => row.kind === 'pool' && row.id === data.default_pool_id && isWanted(row));
  const headers = (data.insert_headers ?? {}) as Readonly<Record<string, unknown>>;
  return {
    id: listener.id,
    mode: data.protocol === 'HTTP' ? 'http' : data.protocol === 'UDP' ? 'udp' : 'tcp',
    port: Number(data.protocol_port),
    connectionLimit: Number(data.connection_limit),
    allowedCidrs: (data.allowed_cidrs ?? []) as readonly string[],
    clientTimeoutMs: Number(data.timeout_client_data),
    connectTimeoutMs: Number(data.timeout_member_connect),
    memberTimeoutMs: Number(data.timeout_member_data),
    inspectTimeoutMs: Number(data.timeout_tcp_inspect),
    forwardedFor: String(headers['X-Forwarded-For'] ?? 'false').toLowerCase() === 'true',
    pool: pool === undefined ? null : poolSpec(pool, tree),
  };
}

const algorithms = {
  ROUND_ROBIN: 'roundrobin',
  LEAST_CONNECTIONS: 'leastconn',
  SOURCE_IP: 'source',
  SOURCE_IP_PORT: 'source',
} as const;

function poolSpec(pool: LbRow, tree: readonly LbRow[]): PoolSpec {
  const monitor = tree.find((row) => row.kind === 'healthmonitor' && row.pool_id === pool.id && isWanted(row));
  const persistence = pool.data.session_persistence as Readonly<Record<string, unknown>> | null;
  const members = tree.filter((row) => row.kind === 'member' && row.pool_id === pool.id && isWanted(row));
  return {
    id: pool.id,
    algorithm: algorithms[pool.data.lb_algorithm as keyof typeof algorithms],
    proxyProtocol: pool.data.protocol === 'PROXY' ? 'v1' : pool.data.protocol === 'PROXYV2' ? 'v2' : 'none',
    stickToSource: persistence?.type === 'SOURCE_IP',
    monitor: monitor === undefined ? null : monitorSpec(monitor),
    members: members.map(({ id, data, operating_status }) => ({
      id,
      address: String(data.address),
      port: Number(data.protocol_port),
      monitorAddress: (data.monitor_address ?? null) as string | null,
      monitorPort: (data.monitor_port ?? null) as number | null,
      weight: Number(data.weight),
      backup: data.backup === true,
      down: operating_status === 'ERROR' && monitor !== undefined,
    })),
  };
}

function monitorSpec({ data }: LbRow): MonitorSpec {
  return {
    type: data.type === 'HTTP' || data.type === 'HTTPS' || data.type === 'UDP-CONNECT' ? data.type : 'TCP',
    delayMs: Number(data.delay) * 1000,
    timeoutMs: Number(data.timeout) * 1000,
    rise: Number(data.max_retries),
    fall: Number(data.max_retries_down),
    method: String(data.http_method ?? 'GET'),
    path: String(data.url_path ?? '/'),
    expectedCodes: String(data.expected_codes ?? '200').replaceAll(' ', ''),
  };
}

/** Members that get no datagrams, as the rows stand: when that changes, the rules of the nodes must follow. */
export function deadDatagramMembers(tree: readonly LbRow[]): string {
  const pools = new Set(
    tree.filter(({ kind, data }) => kind === 'pool' && data.protocol === 'UDP').map(({ id }) => id),
  );
  const dead = tree.filter(
    ({ kind, pool_id, operating_status }) =>
      kind === 'member' && pools.has(pool_id ?? '') && operating_status === 'ERROR',
  );
  return dead.map(({ id }) => id).join();
}

/**
 * Operating status of every object of a tree, from what the proxy sees.
 * Meaning of the words: https://docs.openstack.org/api-ref/load-balancer/v2/#operating-status-codes
 */
export function operatingStatuses(
  loadBalancer: LbRow,
  tree: readonly LbRow[],
  seen: Statistics | undefined,
): ReadonlyMap<string, string> {
  const result = new Map<string, string>();
  const up = (row: LbRow): boolean => row.data.admin_state_up === true;
  for (const member of tree.filter((row) => row.kind === 'member')) {
    const words = (seen?.servers ?? []).filter((server) => server.memberId === member.id).map(({ status }) => status);
    result.set(member.id, memberStatus(up(member), words, tree, member.pool_id));
  }
  for (const pool of tree.filter((row) => row.kind === 'pool')) {
    const members = tree.filter((row) => row.kind === 'member' && row.pool_id === pool.id && up(row));
    result.set(pool.id, up(pool) ? combined(members.map((member) => result.get(member.id) ?? 'OFFLINE')) : 'OFFLINE');
  }
  for (const monitor of tree.filter((row) => row.kind === 'healthmonitor'))
    result.set(monitor.id, up(monitor) ? 'ONLINE' : 'OFFLINE');
  const listeners = tree.filter((row) => row.kind === 'listener');
  for (const listener of listeners) {
    const pool = result.get(String(listener.data.default_pool_id));
    result.set(
      listener.id,
      up(listener) && seen !== undefined ? (pool === 'ERROR' ? 'DEGRADED' : (pool ?? 'ONLINE')) : 'OFFLINE',
    );
  }
  const all = listeners.filter(up).map((listener) => result.get(listener.id) ?? 'OFFLINE');
  result.set(loadBalancer.id, up(loadBalancer) ? combined(all) : 'OFFLINE');
  return result;
}

function memberStatus(isUp: boolean, words: readonly string[], tree: readonly LbRow[], poolId: string | null): string {
  if (!isUp || words.length === 0) return 'OFFLINE';
  if (!tree.some((row) => row.kind === 'healthmonitor' && row.pool_id === poolId && row.data.admin_state_up === true))
    return 'NO_MONITOR';
  if (words.some((word) => word.startsWith('DOWN'))) return 'ERROR';
  return words.some((word) => word.startsWith('DRAIN') || word === 'MAINT') ? 'DRAINING' : 'ONLINE';
}

function combined(statuses: readonly string[]): string {
  if (statuses.length === 0) return 'ONLINE';
  if (statuses.every((status) => status === 'ERROR')) return 'ERROR';
  if (statuses.some((status) => status === 'ERROR' || status === 'DEGRADED')) return 'DEGRADED';
  return statuses.every((status) => status === 'OFFLINE') ? 'OFFLINE' : 'ONLINE';
}
