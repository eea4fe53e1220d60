import { cidrOf, formatCidr } from './cidr.ts';
import type { NetworkNames } from './names.ts';
import type { FilterPort, FilterRule, NetworkState } from './spec.ts';

/** Protocols with ports. iptables has no match of its own for udplite, and one rule it refuses would cost everybody all rules: multiport knows all. */
const portProtocols = new Set(['tcp', 'udp', 'sctp', 'dccp', 'udplite']);

const chainOf = (port: FilterPort, direction: 'in' | 'out' | 'src', names: NetworkNames): string =>
  `${direction}-${names.tap(port.portId)}`;

/**
 * The switch's whole packet filter for iptables-restore. Bridged packets pass it through br_netfilter; `physdev` tells the ports apart.
 * A packet between two servers is judged twice, by the sender's and by the receiver's chain, hence allowed packets RETURN.
 * Connection tracking has a zone per network, so that equal addresses of two networks do not meet.
 */
export function filterRules(state: NetworkState, names: NetworkNames): string {
  const guarded = state.ports.filter((port) => port.guarded);
  const bridgeOf = (network: NetworkState['networks'][number]): string =>
    network.external ? names.externalBridge : names.bridge(network.id);
  return [
    '*raw',
    ':PREROUTING ACCEPT [0:0]',
    ...state.networks.map((network) => `-A PREROUTING -i ${bridgeOf(network)} -j CT --zone ${network.zone}`),
    'COMMIT',
    '*filter',
    ':FORWARD ACCEPT [0:0]',
    ...guarded.flatMap((port) =>
      (['in', 'out', 'src'] as const).map((direction) => `:${chainOf(port, direction, names)} - [0:0]`),
    ),
    ...guarded.flatMap((port) => {
      const tap = names.tap(port.portId);
      return [
        `-A FORWARD -m physdev --physdev-is-bridged --physdev-in ${tap} -j ${chainOf(port, 'out', names)}`,
        `-A FORWARD -m physdev --physdev-is-bridged --physdev-out ${tap} -j ${chainOf(port, 'in', names)}`,
      ];
    }),
    ...guarded.flatMap((port) => portChains(port, names)),
    'COMMIT',
    '',
  ].join('\n');
}

function portChains(port: FilterPort, names: NetworkNames): readonly string[] {
  const [incoming, outgoing, source] = (['in', 'out', 'src'] as const).map((kind) => chainOf(port, kind, names));
  const rules = (direction: FilterRule['direction']): string[] =>
    port.rules.filter((rule) => rule.direction === direction).flatMap((rule) => ruleMatches(rule, names));
  return [
    `-A ${outgoing} -s 0.0.0.0/32 -d 255.255.255.255/32 -p udp -m udp --sport 68 --dport 67 -j RETURN`,
    `-A ${outgoing} -j ${source}`,
    `-A ${outgoing} -p udp -m udp --sport 68 --dport 67 -j RETURN`,
    `-A ${outgoing} -p udp -m udp --sport 67 --dport 68 -j DROP`,
    `-A ${outgoing} -m conntrack --ctstate RELATED,ESTABLISHED -j RETURN`,
    ...rules('egress').map((match) => `-A ${outgoing}${match} -j RETURN`),
    `-A ${outgoing} -j DROP`,
    ...port.sources.map((pair) => `-A ${source} -s ${pair.cidr} -m mac --mac-source ${pair.mac} -j RETURN`),
    `-A ${source} -j DROP`,
    `-A ${incoming} -m conntrack --ctstate RELATED,ESTABLISHED -j RETURN`,
    `-A ${incoming} -p udp -m udp --sport 67 --dport 68 -j RETURN`,
    ...rules('ingress').map((match) => `-A ${incoming}${match} -j RETURN`),
    `-A ${incoming} -j DROP`,
  ];
}

/** Match parts of one security group rule; more than one line never, an empty list when the rule cannot match IPv4. */
function ruleMatches(rule: FilterRule, names: NetworkNames): readonly string[] {
  const side = rule.direction === 'ingress' ? 'src' : 'dst';
  let match = '';
  if (rule.remoteCidr !== null && rule.remoteCidr !== '0.0.0.0/0')
    match += ` ${side === 'src' ? '-s' : '-d'} ${formatCidr(cidrOf(rule.remoteCidr))}`;
  match += protocolMatch(rule);
  if (rule.remoteGroupId !== null) match += ` -m set --match-set ${names.groupSet(rule.remoteGroupId)} ${side}`;
  return [match];
}

function protocolMatch(rule: FilterRule): string {
  if (rule.protocol === null) return '';
  if (rule.protocol === 'icmp') {
    if (rule.min === null) return ' -p icmp';
    return ` -p icmp -m icmp --icmp-type ${rule.min}${rule.max === null ? '' : `/${rule.max}`}`;
  }
  const ports =
    rule.min === null || !portProtocols.has(rule.protocol)
      ? ''
      : ` -m multiport --dports ${rule.min === rule.max ? rule.min : `${rule.min}:${rule.max ?? 65535}`}`;
  return ` -p ${rule.protocol}${ports}`;
}

/** `ipset restore` input that gives every remote group its members in one step each. Sets are swapped, so no packet sees a half-filled one. */
export function groupSets(state: NetworkState, names: NetworkNames): string {
  return state.groups
    .flatMap((group) => {
      const set = names.groupSet(group.id);
      const next = `${set}n`;
      return [
        `create ${set} hash:net -exist`,
        `create ${next} hash:net -exist`,
        `flush ${next}`,
        ...group.members.flatMap(splitEverything).map((member) => `add ${next} ${member} -exist`),
        `swap ${next} ${set}`,
        `destroy ${next}`,
      ];
    })
    .map((line) => `${line}\n`)
    .join('');
}

/** hash:net takes no /0. */
function splitEverything(cidr: string): readonly string[] {
  return cidr.endsWith('/0') ? ['0.0.0.0/1', '128.0.0.0/1'] : [cidr];
}

/**
 * nft ruleset for what iptables cannot see: link layer. A guarded server sends only from its own MAC addresses and answers ARP only for its own
 * addresses; an interface that no row knows sends nothing at all; only IPv4 and ARP pass (IPv6 is not offered).
 */
export function linkRules(state: NetworkState, names: NetworkNames): string {
  const guarded = state.ports.filter((port) => port.guarded);
  const open = state.ports.filter((port) => !port.guarded);
  const macs = guarded.flatMap((port) =>
    [...new Set([port.mac, ...port.sources.map((pair) => pair.mac)])].map(
      (mac) => `"${names.tap(port.portId)}" . ${mac}`,
    ),
  );
  const arps = guarded.flatMap((port) => {
    const cidrs = new Set(port.sources.map((pair) => formatCidr(cidrOf(pair.cidr))));
    return withoutContained([...cidrs]).map((cidr) => `"${names.tap(port.portId)}" . ${cidr}`);
  });
  const elements = (items: readonly string[]): string =>
    items.length === 0 ? '' : ` elements = { ${items.join(', ')} };`;
  const taps = (ports: readonly FilterPort[]): string[] => ports.map((port) => `"${names.tap(port.portId)}"`);
  return [
    'table bridge guard',
    'delete table bridge guard',
    'table bridge guard {',
    `  set guarded { type ifname;${elements(taps(guarded))} }`,
    `  set open { type ifname;${elements(taps(open))} }`,
    `  set macs { type ifname . ether_addr;${elements(macs)} }`,
    `  set arps { type ifname . ipv4_addr; flags interval;${elements(arps)} }`,
    '  chain prerouting {',
    '    type filter hook prerouting priority -400; policy accept;',
    '    iifname @guarded jump sender',
    '    iifname @open accept',
    `    iifname "${names.prefix}t*" iifname != @guarded drop`,
    '  }',
    '  chain sender {',
    '    iifname . ether saddr != @macs drop',
    '    ether type arp arp saddr ip 0.0.0.0 return',
    '    ether type arp iifname . arp saddr ip != @arps drop',
    '    ether type { ip, arp } return',
    '    drop',
    '  }',
    '}',
    '',
  ].join('\n');
}

/** Interval sets refuse overlapping elements: a prefix inside another one adds nothing. */
function withoutContained(cidrs: readonly string[]): readonly string[] {
  return cidrs.filter((text) => {
    const inner = cidrOf(text);
    return !cidrs.some((other) => {
      if (other === text) return false;
      const outer = cidrOf(other);
      return outer.base <= inner.base && outer.last >= inner.last;
    });
  });
}
