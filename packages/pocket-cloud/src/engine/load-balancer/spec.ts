import type { LegSpec } from '../network/index.ts';

/** Desired state of one load balancer's data plane. */
export interface LoadBalancerSpec {
  readonly id: string;
  /** The VIP port: the namespace's only interface. */
  readonly leg: LegSpec;
  readonly bridge: string;
  readonly nexthop: string | null;
  readonly vip: string;
  readonly listeners: readonly ListenerSpec[];
}

export interface ListenerSpec {
  readonly id: string;
  readonly mode: 'tcp' | 'http';
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
  readonly type: 'TCP' | 'HTTP' | 'HTTPS';
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
}

export interface LoadBalancerEngineConfig {
  readonly prefix: string;
  /** Folder for configuration and logs, one sub-folder per load balancer. */
  readonly directory: string;
  /** Folder for sockets: a short path, since a socket's name may have 107 bytes only. */
  readonly runDirectory: string;
}
