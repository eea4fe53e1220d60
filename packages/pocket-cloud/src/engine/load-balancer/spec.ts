import type { LegSpec } from '../network/index.ts';

/** Desired state of one load balancer's data plane. */
export interface LoadBalancerSpec {
  readonly id: string;
  /** One node that holds the address, or two that agree by VRRP who does. */
  readonly nodes: readonly NodeSpec[];
  readonly bridge: string;
  readonly nexthop: string | null;
  readonly vip: string;
  readonly listeners: readonly ListenerSpec[];
}

/** Node of a single load balancer, and those of a pair. */
export const nodeNames = ['', 'a', 'b'] as const;
export type NodeName = (typeof nodeNames)[number];

export interface NodeSpec {
  readonly name: NodeName;
  /** The only interface of the node's namespace; that of a single node carries the VIP. */
  readonly leg: LegSpec;
}

export interface ListenerSpec {
  readonly id: string;
  readonly mode: 'tcp' | 'http' | 'udp';
  readonly port: number;
  /** -1 = as many as the proxy takes. */
  readonly connectionLimit: number;
  /** Empty = everybody. */
  readonly allowedCidrs: readonly string[];
  readonly clientTimeoutMs: number;
  readonly connectTimeoutMs: number;
  readonly memberTimeoutMs: number;
  /** Wait this long for content before a backend is chosen; 0 = do not. */
  readonly inspectTimeoutMs: number;
  readonly forwardedFor: boolean;
  readonly pool: PoolSpec | null;
}

export interface PoolSpec {
  readonly id: string;
  readonly algorithm: 'roundrobin' | 'leastconn' | 'source';
  readonly proxyProtocol: 'none' | 'v1' | 'v2';
  readonly stickToSource: boolean;
  readonly monitor: MonitorSpec | null;
  readonly members: readonly MemberSpec[];
}

export interface MonitorSpec {
  readonly type: 'TCP' | 'HTTP' | 'HTTPS' | 'UDP-CONNECT';
  readonly delayMs: number;
  readonly timeoutMs: number;
  readonly rise: number;
  readonly fall: number;
  readonly method: string;
  readonly path: string;
  readonly expectedCodes: string;
}

export interface MemberSpec {
  readonly id: string;
  readonly address: string;
  readonly port: number;
  readonly monitorAddress: string | null;
  readonly monitorPort: number | null;
  readonly weight: number;
  readonly backup: boolean;
  /** Its monitor found it dead: gets no datagrams. Connections are haproxy's business, which needs not be told. */
  readonly down: boolean;
}

export interface LoadBalancerEngineConfig {
  readonly prefix: string;
  /** Folder for configuration and logs, one sub-folder per load balancer. */
  readonly directory: string;
  /** Folder for sockets: a short path, since a socket's name may have 107 bytes only. */
  readonly runDirectory: string;
}
