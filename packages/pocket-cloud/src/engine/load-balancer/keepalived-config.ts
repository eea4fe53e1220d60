import type { LoadBalancerSpec, NodeSpec } from './spec.ts';

export interface KeepalivedFiles {
  /** Ends with 0 while the node's proxy runs. */
  readonly check: string;
}

/** Seconds between two advertisements of the active node; after three of them and a bit the other one takes over (RFC 5798, 6.1). */
const advertiseEvery = 0.3;
/** Each pair is alone in talking to each other, so the number needs not be unique in the network. */
const routerId = 1;

/** keepalived's configuration for one node of a pair: the address is where the proxy runs, and does not move back by itself. */
export function keepalivedConfig(
  spec: LoadBalancerSpec,
  node: NodeSpec,
  device: string,
  { check }: KeepalivedFiles,
): string {
  const own = plain(node.leg.addresses[0]);
  const peers = spec.nodes.filter((other) => other.name !== node.name).map((other) => plain(other.leg.addresses[0]));
  const lines = [
    'global_defs {',
    `  router_id ${spec.id}-${node.name}`,
    '  vrrp_version 3',
    '  enable_script_security',
    '  script_user root',
    '}',
    'vrrp_script proxy {',
    `  script "${check}"`,
    '  interval 1',
    '  timeout 2',
    '  fall 1',
    '  rise 1',
    '}',
    'vrrp_instance vip {',
    '  state BACKUP',
    '  nopreempt',
    `  interface ${device}`,
    `  virtual_router_id ${routerId}`,
    `  priority ${node.name === 'a' ? 101 : 100}`,
    `  advert_int ${advertiseEvery}`,
    `  unicast_src_ip ${own}`,
    '  unicast_peer {',
    ...peers.map((peer) => `    ${peer}`),
    '  }',
    // Announced again: a neighbour may have been deaf for a moment.
    '  garp_master_delay 1',
    '  garp_master_repeat 3',
    '  virtual_ipaddress {',
    `    ${spec.vip}/32 dev ${device}`,
    '  }',
    '  track_script {',
    '    proxy',
    '  }',
    '}',
  ];
  return `${lines.join('\n')}\n`;
}

function plain(address: string | undefined): string {
  if (address === undefined) throw new Error('a node of a load balancer has no address');
  return address.split('/')[0] ?? '';
}
