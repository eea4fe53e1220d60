import type { NetworkNames } from './names.ts';
import type { RouterSpec } from './spec.ts';

const OUTSIDE_MARK = '0x2';

/**
 * Rules of a router's namespace for iptables-restore (whole tables): floating IPs, source NAT and the wall against the provider network.
 * Order and meaning follow Neutron's L3 agent (neutron/agent/l3/router_info.py, `external_gateway_nat_*`): connections between inside networks are
 * not translated; a machine with a floating IP leaves with it; others leave with the router's address; connections that were sent to a floating IP
 * from inside get the router's address as source, so that the answer comes back through the router (hairpin).
 */
export function routerRules(spec: RouterSpec, names: NetworkNames): string {
  const gateway = spec.gateway;
  if (gateway === null) return tables([], [], []);
  const outside = names.legInner(gateway.leg.portId);
  const own = gateway.leg.addresses[0]?.split('/')[0];
  const floating = spec.floatingIps;
  const mangle = [`-A PREROUTING -i ${outside} -j MARK --set-xmark ${OUTSIDE_MARK}/0xffff`];
  const nat = [
    ...floating.map((fip) => `-A PREROUTING -d ${fip.address}/32 -j DNAT --to-destination ${fip.fixedAddress}`),
    `-A POSTROUTING ! -o ${outside} -m conntrack ! --ctstate DNAT -j ACCEPT`,
    ...floating.map((fip) => `-A POSTROUTING -s ${fip.fixedAddress}/32 -j SNAT --to-source ${fip.address}`),
    ...(gateway.snat && own !== undefined
      ? [
          `-A POSTROUTING -o ${outside} -j SNAT --to-source ${own}`,
          `-A POSTROUTING -m mark ! --mark ${OUTSIDE_MARK}/0xffff -m conntrack --ctstate DNAT -j SNAT --to-source ${own}`,
        ]
      : []),
  ];
  const filter = [
    '-A FORWARD -m conntrack --ctstate RELATED,ESTABLISHED -j ACCEPT',
    `-A FORWARD -i ${outside} -m conntrack --ctstate DNAT -j ACCEPT`,
    `-A FORWARD -i ${outside} -j DROP`,
  ];
  return tables(mangle, nat, filter);
}

function tables(mangle: readonly string[], nat: readonly string[], filter: readonly string[]): string {
  const table = (name: string, chains: readonly string[], rules: readonly string[]): string[] => [
    `*${name}`,
    ...chains.map((chain) => `:${chain} ACCEPT [0:0]`),
    ...rules,
    'COMMIT',
  ];
  return [
    ...table('mangle', ['PREROUTING', 'INPUT', 'FORWARD', 'OUTPUT', 'POSTROUTING'], mangle),
    ...table('nat', ['PREROUTING', 'INPUT', 'OUTPUT', 'POSTROUTING'], nat),
    ...table('filter', ['INPUT', 'FORWARD', 'OUTPUT'], filter),
    '',
  ].join('\n');
}
