import { fileURLToPath } from 'node:url';
import type { ListenerSpec, LoadBalancerSpec, MemberSpec, PoolSpec } from './spec.ts';

const MAX_CONNECTIONS = 8000;
const datagramCheck = fileURLToPath(new URL('./datagram-check.sh', import.meta.url));

/**
 * haproxy's configuration for one load balancer. Names of proxies and servers are ids, so that statistics can be led back. Pools for datagrams
 * have a backend too, without a listener: it only checks the members.
 */
export function haproxyConfig(spec: LoadBalancerSpec, statsSocket: string): string {
  const runsPrograms = spec.listeners.some(({ pool }) => pool?.monitor?.type === 'UDP-CONNECT');
  const lines = [
    'global',
    `  maxconn ${MAX_CONNECTIONS}`,
    '  nbthread 1',
    `  stats socket ${statsSocket} mode 600 level user expose-fd listeners`,
    ...(runsPrograms ? ['  insecure-fork-wanted', '  external-check'] : []),
    'defaults',
    '  option redispatch',
    '  retries 3',
    '  timeout connect 5s',
    '  timeout client 50s',
    '  timeout server 50s',
    ...spec.listeners.flatMap((listener) => [
      ...(listener.mode === 'udp' ? [] : frontend(spec, listener)),
      ...(listener.pool === null ? [] : backend(listener, listener.pool)),
    ]),
  ];
  return `${lines.join('\n')}\n`;
}

function frontend(spec: LoadBalancerSpec, listener: ListenerSpec): readonly string[] {
  return [
    `frontend ${listener.id}`,
    `  mode ${listener.mode}`,
    `  bind ${spec.vip}:${listener.port}`,
    ...(listener.connectionLimit >= 0 ? [`  maxconn ${Math.min(listener.connectionLimit, MAX_CONNECTIONS)}`] : []),
    `  timeout client ${listener.clientTimeoutMs}`,
    ...(listener.mode === 'tcp' && listener.inspectTimeoutMs > 0
      ? [`  tcp-request inspect-delay ${listener.inspectTimeoutMs}`]
      : []),
    ...(listener.allowedCidrs.length > 0
      ? [`  tcp-request connection reject if !{ src ${listener.allowedCidrs.join(' ')} }`]
      : []),
    ...(listener.mode === 'http' && listener.forwardedFor ? ['  option forwardfor'] : []),
    ...(listener.pool === null ? [] : [`  default_backend ${listener.pool.id}:${listener.id}`]),
  ];
}

// A pool may serve several listeners whose timeouts differ, so each listener has a backend of its own.
function backend(listener: ListenerSpec, pool: PoolSpec): readonly string[] {
  return [
    `backend ${pool.id}:${listener.id}`,
    `  mode ${listener.mode === 'http' ? 'http' : 'tcp'}`,
    `  balance ${pool.algorithm}`,
    `  timeout connect ${listener.connectTimeoutMs}`,
    `  timeout server ${listener.memberTimeoutMs}`,
    ...(pool.stickToSource ? ['  stick-table type ip size 10k', '  stick on src'] : []),
    ...healthCheck(pool),
    ...pool.members.map((member) => server(member, pool)),
  ];
}

function healthCheck(pool: PoolSpec): readonly string[] {
  const { monitor } = pool;
  if (monitor === null) return [];
  const timeout = `  timeout check ${monitor.timeoutMs}`;
  if (monitor.type === 'TCP') return [timeout];
  if (monitor.type === 'UDP-CONNECT')
    return [
      timeout,
      '  option external-check',
      '  external-check path "/usr/bin:/bin"',
      `  external-check command ${datagramCheck}`,
    ];
  return [
    timeout,
    '  option httpchk',
    `  http-check send meth ${monitor.method} uri ${monitor.path}`,
    `  http-check expect status ${monitor.expectedCodes}`,
  ];
}

function server(member: MemberSpec, pool: PoolSpec): string {
  const { monitor } = pool;
  // A program that checks is told the server's address and never that of its monitor; nothing else asks the servers of such a pool.
  const asked = monitor?.type === 'UDP-CONNECT';
  const address = (asked ? member.monitorAddress : null) ?? member.address;
  const port = (asked ? member.monitorPort : null) ?? member.port;
  const words = [`  server ${member.id} ${address}:${port} weight ${member.weight}`];
  if (monitor !== null) {
    words.push(`check inter ${monitor.delayMs} rise ${monitor.rise} fall ${monitor.fall}`);
    if (monitor.type === 'HTTPS') words.push('check-ssl verify none');
    if (!asked && member.monitorAddress !== null) words.push(`addr ${member.monitorAddress}`);
    if (!asked && member.monitorPort !== null) words.push(`port ${member.monitorPort}`);
  }
  if (member.backup) words.push('backup');
  if (pool.proxyProtocol === 'v1') words.push('send-proxy');
  if (pool.proxyProtocol === 'v2') words.push('send-proxy-v2');
  return words.join(' ');
}
