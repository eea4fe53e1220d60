import { randomBytes } from 'node:crypto';
import { addressOf, cidrOf, contains, formatAddress, parseAddress } from '../engine/network/index.ts';
import { badRequest, conflict, notFound } from '../http/index.ts';
import type { NeutronCore } from './core.ts';
import type { FixedIp, PortRow, SubnetRow } from './rows.ts';

/** Every address that a port or a floating IP of that network holds, as numbers. */
export function usedAddresses(ports: readonly PortRow[], networkId: string): ReadonlySet<number> {
  return new Set(
    ports
      .filter((port) => port.network_id === networkId)
      .flatMap((port) => port.fixed_ips.map((fixed) => addressOf(fixed.ip_address))),
  );
}

/** First free address of the subnet's pools; undefined when all are taken. */
export function freeAddress(
  subnet: Pick<SubnetRow, 'allocation_pools'>,
  used: ReadonlySet<number>,
): string | undefined {
  for (const pool of subnet.allocation_pools)
    for (let address = addressOf(pool.start); address <= addressOf(pool.end); address += 1)
      if (!used.has(address)) return formatAddress(address);
  return undefined;
}

/** Pools of a subnet whose creator named none: everything but network, broadcast and gateway address. */
export function defaultPools(cidrText: string, gateway: string | null): readonly { start: string; end: string }[] {
  const cidr = cidrOf(cidrText);
  const small = cidr.prefixLength >= 31;
  const first = small ? cidr.base : cidr.base + 1;
  const last = small ? cidr.last : cidr.last - 1;
  const hole = gateway === null ? undefined : addressOf(gateway);
  const ranges =
    hole === undefined || hole < first || hole > last
      ? [[first, last]]
      : [
          [first, hole - 1],
          [hole + 1, last],
        ];
  return ranges
    .filter(([start = 0, end = 0]) => start <= end)
    .map(([start = 0, end = 0]) => ({ start: formatAddress(start), end: formatAddress(end) }));
}

/** What a request says about addresses: `[{subnet_id?, ip_address?}]`. */
export interface AddressWish {
  readonly subnet_id?: string;
  readonly ip_address?: string;
}

/**
 * Addresses for a port. Without wishes: one from the first subnet that has room; none where the network has no subnet.
 * Throws Neutron's IpAddressInUse, InvalidIpForNetwork, InvalidIpForSubnet, IpAddressGenerationFailure, SubnetNotFound.
 */
export function allocate(
  core: NeutronCore,
  networkId: string,
  wishes: readonly AddressWish[] | undefined,
  except?: string,
): readonly FixedIp[] {
  const subnets = core.subnets.list().filter((subnet) => subnet.network_id === networkId);
  const others = core.ports.list().filter((port) => port.id !== except);
  const used = new Set(usedAddresses(others, networkId));
  if (wishes === undefined) {
    if (subnets.length === 0) return [];
    for (const subnet of subnets) {
      const address = freeAddress(subnet, used);
      if (address !== undefined) return [{ subnet_id: subnet.id, ip_address: address }];
    }
    throw exhausted(networkId);
  }
  return wishes.map((wish) => {
    if (wish.subnet_id !== undefined && core.subnets.get(wish.subnet_id) === undefined)
      throw notFound(`Subnet ${wish.subnet_id} could not be found.`, 'SubnetNotFound');
    const fixed = one(subnets, used, networkId, wish);
    used.add(addressOf(fixed.ip_address));
    return fixed;
  });
}

function one(subnets: readonly SubnetRow[], used: ReadonlySet<number>, networkId: string, wish: AddressWish): FixedIp {
  const named = wish.subnet_id === undefined ? undefined : subnets.find((subnet) => subnet.id === wish.subnet_id);
  if (wish.subnet_id !== undefined && named === undefined)
    throw badRequest(
      `Failed to create port on network ${networkId}, because fixed_ips included invalid subnet ${wish.subnet_id}.`,
      'InvalidInput',
    );
  if (wish.ip_address === undefined) {
    const address = named === undefined ? undefined : freeAddress(named, used);
    if (named === undefined || address === undefined) throw exhausted(networkId);
    return { subnet_id: named.id, ip_address: address };
  }
  const number = parseAddress(wish.ip_address);
  if (number === undefined) throw badRequest(`'${wish.ip_address}' is not a valid IP address.`, 'InvalidInput');
  const subnet = named ?? subnets.find((candidate) => contains(cidrOf(candidate.cidr), number));
  if (subnet === undefined)
    throw badRequest(
      `IP address ${wish.ip_address} is not a valid IP for any of the subnets on the specified network.`,
      'InvalidIpForNetwork',
    );
  if (!contains(cidrOf(subnet.cidr), number))
    throw badRequest(`IP address ${wish.ip_address} is not a valid IP for the specified subnet.`, 'InvalidIpForSubnet');
  if (used.has(number))
    throw conflict(
      `Unable to complete operation for network ${networkId}. The IP address ${wish.ip_address} is in use.`,
      'IpAddressInUse',
    );
  return { subnet_id: subnet.id, ip_address: wish.ip_address };
}

function exhausted(networkId: string): Error {
  return conflict(`No more IP addresses available on network ${networkId}.`, 'IpAddressGenerationFailure');
}

/** A MAC address of Neutron's own range that no port of the network has. */
export function freeMac(ports: readonly PortRow[], networkId: string): string {
  const used = new Set(ports.filter((port) => port.network_id === networkId).map((port) => port.mac_address));
  for (;;) {
    const mac = ['fa', '16', '3e', ...(randomBytes(3).toString('hex').match(/../g) ?? [])].join(':');
    if (!used.has(mac)) return mac;
  }
}
