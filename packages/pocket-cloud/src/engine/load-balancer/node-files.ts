import { join } from 'node:path';
import type { LoadBalancerEngineConfig, NodeName } from './spec.ts';

/** Every file of one node of a load balancer. */
export interface NodeFiles {
  readonly directory: string;
  readonly proxyConfig: string;
  /** The configuration that the running proxy was last told of: a crash between writing and telling is seen. */
  readonly proxyTold: string;
  readonly proxyPid: string;
  readonly proxyLog: string;
  readonly proxySocket: string;
  /** Rules for UDP that flows have been adapted to. */
  readonly datagramsTold: string;
  readonly vrrpConfig: string;
  readonly vrrpTold: string;
  readonly vrrpPid: string;
  readonly vrrpLog: string;
  readonly vrrpCheck: string;
}

export function nodeFiles(config: LoadBalancerEngineConfig, id: string, node: NodeName): NodeFiles {
  const directory = join(config.directory, id, node);
  return {
    directory,
    proxyConfig: join(directory, 'haproxy.cfg'),
    proxyTold: join(directory, 'haproxy.cfg.told'),
    proxyPid: join(directory, 'haproxy.pid'),
    proxyLog: join(directory, 'haproxy.log'),
    proxySocket: join(config.runDirectory, `lb-${id.replaceAll('-', '').slice(0, 11)}${node}.sock`),
    datagramsTold: join(directory, 'datagrams.nft.told'),
    vrrpConfig: join(directory, 'keepalived.conf'),
    vrrpTold: join(directory, 'keepalived.conf.told'),
    vrrpPid: join(directory, 'keepalived.pid'),
    vrrpLog: join(directory, 'keepalived.log'),
    vrrpCheck: join(directory, 'check-proxy'),
  };
}
