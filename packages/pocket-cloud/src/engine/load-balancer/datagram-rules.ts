import type { ListenerSpec, LoadBalancerSpec, PoolSpec } from './spec.ts';

/**
 * Rules for the UDP listeners of a load balancer, as a table of their own that replaces the former one. A flow stays with the member that its
 * first datagram went to (connection tracking); answers go back through the node, whose address the member sees.
 */
export function datagramRules(spec: LoadBalancerSpec): string {
  const rules = spec.listeners.flatMap((listener) => (listener.mode === 'udp' ? [...rulesOf(spec, listener)] : []));
  const lines = [
    'table ip datagrams',
    'delete table ip datagrams',
    'table ip datagrams {',
    '  chain prerouting {',
    '    type nat hook prerouting priority dstnat; policy accept;',
    ...rules.map((rule) => `    ${rule}`),
    '  }',
    '  chain postrouting {',
    '    type nat hook postrouting priority srcnat; policy accept;',
    '    ct status dnat masquerade',
    '  }',
    // A node is no router: it only forwards what it has sent to a member.
    '  chain forward {',
    '    type filter hook forward priority filter; policy drop;',
    '    ct status dnat accept',
    '  }',
    '}',
    '',
  ];
  return lines.join('\n');
}

function rulesOf(spec: LoadBalancerSpec, listener: ListenerSpec): readonly string[] {
  const { pool } = listener;
  const members = pool === null ? [] : weighted(pool);
  if (pool === null || members.length === 0) return [];
  const who = listener.allowedCidrs.length === 0 ? '' : `ip saddr { ${listener.allowedCidrs.join(', ')} } `;
  const targets = members.map(({ address, port }, index) => `${index} : ${address} . ${port}`).join(', ');
  const sticky = pool.algorithm === 'source' || pool.stickToSource;
  const choice = sticky ? `jhash ip saddr mod ${members.length}` : `numgen inc mod ${members.length}`;
  return [`ip daddr ${spec.vip} udp dport ${listener.port} ${who}dnat ip to ${choice} map { ${targets} }`];
}

const greatestShare = 16;

/** Live members as often as their weight says, in lowest terms; backups only where there is nobody else. */
function weighted(pool: PoolSpec): readonly { readonly address: string; readonly port: number }[] {
  const usable = pool.members.filter(({ down, weight }) => !down && weight > 0);
  const regular = usable.filter(({ backup }) => !backup);
  const members = regular.length > 0 ? regular : usable;
  const smallest = Math.min(...members.map(({ weight }) => weight));
  return members.flatMap(({ address, port, weight }) =>
    Array.from({ length: Math.min(greatestShare, Math.max(1, Math.round(weight / smallest))) }, () => ({
      address,
      port,
    })),
  );
}
