/** Linux names of the data plane. Everything starts with the instance's prefix, so that several instances can share a host and purge finds its own. */
export interface NetworkNames {
  readonly prefix: string;
  /** Network namespace that holds every bridge. */
  readonly switchNamespace: string;
  /** Host interface that carries the host's address on the provider network, and its other end in the switch. */
  readonly hostLeg: string;
  readonly hostLegPeer: string;
  /** Bridge of the provider network. */
  readonly externalBridge: string;
  readonly hostTable: string;
  bridge(networkId: string): string;
  /** Switch side of a server's interface. */
  tap(portId: string): string;
  /** Switch side and far side of a leg of a router, DHCP or load balancer namespace. */
  legOuter(portId: string): string;
  legInner(portId: string): string;
  dhcpNamespace(networkId: string): string;
  routerNamespace(routerId: string): string;
  loadBalancerNamespace(loadBalancerId: string): string;
  groupSet(groupId: string): string;
}

/** First `count` hexadecimal digits of a UUID. */
function short(id: string, count: number): string {
  return id.replaceAll('-', '').slice(0, count);
}

/**
 * Names for one instance. The prefix has 1–4 lower-case letters: interface names are limited to 15 characters, of which 10 are digits of the id
 * (40 bits, so that a collision among a machine's ports is out of the question).
 */
export function networkNames(prefix: string): NetworkNames {
  if (!/^[a-z]{1,4}$/.test(prefix)) throw new Error(`prefix must be 1 to 4 lower-case letters, not "${prefix}"`);
  return {
    prefix,
    switchNamespace: `${prefix}-switch`,
    hostLeg: `${prefix}0`,
    hostLegPeer: `${prefix}hostleg`,
    externalBridge: `${prefix}external`,
    hostTable: prefix === 'mat' ? 'matryoshka' : `matryoshka_${prefix}`,
    bridge: (id) => `${prefix}n${short(id, 10)}`,
    tap: (id) => `${prefix}t${short(id, 10)}`,
    legOuter: (id) => `${prefix}o${short(id, 10)}`,
    legInner: (id) => `${prefix}i${short(id, 10)}`,
    dhcpNamespace: (id) => `${prefix}-dhcp-${short(id, 11)}`,
    routerNamespace: (id) => `${prefix}-router-${short(id, 11)}`,
    loadBalancerNamespace: (id) => `${prefix}-lb-${short(id, 11)}`,
    groupSet: (id) => `${prefix}g${short(id, 12)}`,
  };
}
