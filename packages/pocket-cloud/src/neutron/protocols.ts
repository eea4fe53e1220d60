/** IP protocols by Neutron's names. Source: neutron_lib/constants.py, `IP_PROTOCOL_MAP`. */
const numbers: Readonly<Record<string, number>> = {
  ah: 51,
  dccp: 33,
  egp: 8,
  esp: 50,
  gre: 47,
  hopopt: 0,
  icmp: 1,
  igmp: 2,
  ip: 0,
  ipip: 4,
  'ipv6-encap': 41,
  'ipv6-frag': 44,
  'ipv6-icmp': 58,
  icmpv6: 58,
  'ipv6-nonxt': 59,
  'ipv6-opts': 60,
  'ipv6-route': 43,
  ospf: 89,
  pgm: 113,
  rsvp: 46,
  sctp: 132,
  tcp: 6,
  udp: 17,
  udplite: 136,
  vrrp: 112,
};

const ipv6Only = new Set([41, 43, 44, 58, 59, 60]);
const withPorts: Readonly<Record<number, string>> = { 6: 'tcp', 17: 'udp', 33: 'dccp', 132: 'sctp', 136: 'udplite' };

export const protocolNames: readonly string[] = Object.keys(numbers);
export const portProtocolNames: readonly string[] = Object.values(withPorts);

/** The number of a protocol given by name or number; undefined when it is none. */
export function protocolNumber(text: string): number | undefined {
  const known = numbers[text.toLowerCase()];
  if (known !== undefined) return known;
  return /^\d{1,3}$/.test(text) && Number(text) <= 255 ? Number(text) : undefined;
}

export const isIpv6Protocol = (number: number): boolean => ipv6Only.has(number);
export const hasPorts = (number: number): boolean => withPorts[number] !== undefined;

/**
 * The packet filter's spelling: a name where ports or types can be matched, the number otherwise, null for any protocol.
 * 0 is "any" in IPv4, as in Neutron's own iptables driver.
 */
export function filterProtocol(text: string | null): string | null {
  if (text === null) return null;
  const number = protocolNumber(text);
  if (number === undefined) throw new Error(`not an IP protocol: ${text}`);
  if (number === 0) return null;
  return withPorts[number] ?? (number === 1 ? 'icmp' : String(number));
}
