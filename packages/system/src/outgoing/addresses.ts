import { lookup } from 'node:dns/promises';
import { BlockList, isIP } from 'node:net';

/**
 * Addresses that are not somebody's on the Internet. Source: the IANA registries of special-purpose addresses for IPv4 (RFC 6890) and IPv6, and the
 * ranges that carry an IPv4 address inside (RFC 6052, 3056, 4380), which would lead to those by a detour.
 */
const internalRanges: readonly (readonly [address: string, prefix: number])[] = [
  ['0.0.0.0', 8],
  ['10.0.0.0', 8],
  ['100.64.0.0', 10],
  ['127.0.0.0', 8],
  ['169.254.0.0', 16],
  ['172.16.0.0', 12],
  ['192.0.0.0', 24],
  ['192.0.2.0', 24],
  ['192.168.0.0', 16],
  ['198.18.0.0', 15],
  ['198.51.100.0', 24],
  ['203.0.113.0', 24],
  ['224.0.0.0', 4],
  ['240.0.0.0', 4],
  ['::', 96],
  ['64:ff9b::', 96],
  ['64:ff9b:1::', 48],
  ['100::', 64],
  ['2001::', 23],
  ['2001:db8::', 32],
  ['2002::', 16],
  ['fc00::', 7],
  ['fe80::', 10],
  ['fec0::', 10],
  ['ff00::', 8],
];

const family = (address: string): 'ipv4' | 'ipv6' => (isIP(address) === 6 ? 'ipv6' : 'ipv4');

function listOf(ranges: readonly (readonly [string, number])[]): BlockList {
  const list = new BlockList();
  for (const [address, prefix] of ranges) list.addSubnet(address, prefix, family(address));
  return list;
}

const internal = listOf(internalRanges);

/** Which addresses may be called: those of the Internet, and the ranges that the provider allows besides (`192.0.2.0/24`). */
export type AddressCheck = (address: string) => boolean;

export function addressCheck(allowedRanges: readonly string[]): AddressCheck {
  const allowed = listOf(
    allowedRanges.map((range) => {
      const [address = '', prefix = ''] = range.split('/');
      return [address, Number(prefix)] as const;
    }),
  );
  return (address) =>
    isIP(address) !== 0 && (allowed.check(address, family(address)) || !internal.check(address, family(address)));
}

/** The address of a host that may be called; looked up once, so that what was checked is what is called. Throws with words for the customer. */
export async function resolveAllowed(
  hostname: string,
  isAllowed: AddressCheck,
): Promise<{ readonly address: string; readonly family: 4 | 6 }> {
  // As URLs write IPv6.
  const host = hostname.replace(/^\[|\]$/g, '');
  const found = isIP(host) === 0 ? await lookup(host, { all: true }).catch(() => []) : [{ address: host }];
  if (found.length === 0) throw new Error(`${host} has no address`);
  const usable = found.find(({ address }) => isAllowed(address));
  // The address itself is not told: it may be one of ours.
  if (usable === undefined) throw new Error(`${host} is an internal address, which is not called`);
  return { address: usable.address, family: isIP(usable.address) === 6 ? 6 : 4 };
}
