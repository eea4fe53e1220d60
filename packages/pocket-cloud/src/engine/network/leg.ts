import { run } from '@matryoshka/system';
import {
  ensureNamespace,
  inNamespace,
  ipBatch,
  listAddresses,
  listLinks,
  listStaticRoutes,
  routeKey,
} from './linux.ts';
import type { NetworkNames } from './names.ts';
import type { LegSpec, RouteSpec } from './spec.ts';

/** A leg's kernel settings: answer ARP only for addresses of the very interface, since one namespace may have many legs. */
export const routedSysctls: Readonly<Record<string, string>> = {
  'net.ipv6.conf.all.disable_ipv6': '1',
  'net.ipv6.conf.default.disable_ipv6': '1',
  'net.ipv4.conf.all.arp_ignore': '1',
  'net.ipv4.conf.all.arp_announce': '2',
  'net.ipv4.conf.all.rp_filter': '0',
  'net.ipv4.conf.default.rp_filter': '0',
  'net.ipv4.ip_nonlocal_bind': '1',
  // Only routers forward, which say so; a new namespace takes this over from the host.
  'net.ipv4.ip_forward': '0',
};

/**
 * Makes the namespace and its veth legs into bridges of the switch, with exactly the given addresses; removes other legs.
 * Repeats only what differs. `extraAddresses` belong to the first leg. `movingAddresses` are left alone: somebody else brings and takes them (VRRP).
 */
export async function ensureLegs(
  names: NetworkNames,
  namespace: string,
  legs: readonly {
    readonly leg: LegSpec;
    readonly bridge: string;
    readonly extraAddresses?: readonly string[];
    readonly movingAddresses?: readonly string[];
  }[],
  sysctls: Readonly<Record<string, string>> = {},
): Promise<void> {
  await ensureNamespace(namespace, { ...routedSysctls, ...sysctls });
  const [inside, outside] = [await listLinks(namespace), await listLinks(names.switchNamespace)];
  const wanted = new Set(legs.map(({ leg }) => names.legInner(leg.portId)));
  const stale = inside.filter((link) => link.ifname !== 'lo' && !wanted.has(link.ifname));
  await ipBatch(
    namespace,
    stale.map((link) => `link del ${link.ifname}`),
  );
  for (const { leg, bridge, extraAddresses = [], movingAddresses = [] } of legs) {
    const inner = names.legInner(leg.portId);
    const outer = names.legOuter(leg.portId);
    const hasInner = inside.some((link) => link.ifname === inner);
    const outerLink = outside.find((link) => link.ifname === outer);
    const switchCommands: string[] = [];
    if (!hasInner && outerLink !== undefined) switchCommands.push(`link del ${outer}`);
    if (!hasInner)
      switchCommands.push(
        `link add ${outer} type veth peer name ${inner} address ${leg.mac} mtu ${leg.mtu} netns ${namespace}`,
      );
    if (!hasInner || outerLink?.master !== bridge || !outerLink.flags.includes('UP'))
      switchCommands.push(`link set ${outer} mtu ${leg.mtu} master ${bridge} up`);
    await ipBatch(names.switchNamespace, switchCommands);
    const added = await ensureAddresses(namespace, inner, [...leg.addresses, ...extraAddresses], movingAddresses);
    await ipBatch(namespace, [`link set ${inner} address ${leg.mac} mtu ${leg.mtu} up`]);
    announce(namespace, inner, added);
  }
}

/** Answers the addresses that were not there before. */
async function ensureAddresses(
  namespace: string,
  device: string,
  wanted: readonly string[],
  moving: readonly string[],
): Promise<readonly string[]> {
  const present = (await listAddresses(namespace, device)).filter((address) => !moving.includes(address));
  const added = wanted.filter((address) => !present.includes(address));
  await ipBatch(namespace, [
    ...present.filter((address) => !wanted.includes(address)).map((address) => `addr del ${address} dev ${device}`),
    ...added.map((address) => `addr add ${address} dev ${device}`),
  ]);
  return added;
}

/**
 * Tells the network where an address lives now: neighbours may know it from a former owner and would keep that for up to a minute.
 * Takes seconds, hence in the background; nothing depends on it.
 */
function announce(namespace: string, device: string, addresses: readonly string[]): void {
  for (const address of addresses) {
    const plain = address.split('/')[0] ?? '';
    void run(inNamespace(namespace, ['arping', '-U', '-q', '-c', '2', '-w', '2', '-I', device, plain]), {
      okCodes: 'any',
      timeoutMs: 5000,
    }).catch(() => undefined);
  }
}

/** Exactly these static routes; a route whose next hop cannot be reached is left out, as Neutron does. */
export async function ensureRoutes(namespace: string, routes: readonly RouteSpec[]): Promise<void> {
  const present = await listStaticRoutes(namespace);
  const wanted = new Map(routes.map((route) => [routeKey(route.destination, route.nexthop), route]));
  await ipBatch(
    namespace,
    present.filter((key) => !wanted.has(key)).map((key) => `route del ${key} proto static`),
  );
  for (const [key] of wanted)
    if (!present.includes(key)) await ipBatch(namespace, [`route replace ${key} proto static`]);
}
