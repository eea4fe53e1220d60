import { addressOf, cidrOf, contains } from './cidr.ts';
import { ensureLegs, ensureRoutes } from './leg.ts';
import { listAddresses, listNamespaces, removeNamespace, runIn } from './linux.ts';
import type { NetworkNames } from './names.ts';
import { routerRules } from './router-rules.ts';
import type { RouterSpec, RouteSpec } from './spec.ts';

/** A router's namespace with its legs, routes and translation rules. */
export async function ensureRouter(
  names: NetworkNames,
  spec: RouterSpec,
  bridgeOf: (networkId: string) => string,
): Promise<void> {
  const namespace = names.routerNamespace(spec.id);
  const gateway = spec.gateway;
  const outside = gateway === null ? undefined : names.legInner(gateway.leg.portId);
  const before = outside === undefined ? [] : await addressesIfPresent(namespace, outside);
  const floating = spec.floatingIps.map((fip) => `${fip.address}/32`);
  await ensureLegs(
    names,
    namespace,
    [
      ...(gateway === null
        ? []
        : [{ leg: gateway.leg, bridge: bridgeOf(gateway.leg.networkId), extraAddresses: floating }]),
      ...spec.legs.map((leg) => ({ leg, bridge: bridgeOf(leg.networkId) })),
    ],
    { 'net.ipv4.ip_forward': '1' },
  );
  // Rules before routes: without them a packet could leave untranslated.
  await runIn(namespace, ['iptables-restore'], { input: routerRules(spec, names) });
  await ensureRoutes(namespace, reachableRoutes(spec));
  await forgetOldTranslations(namespace, before, floating);
}

async function addressesIfPresent(namespace: string, device: string): Promise<readonly string[]> {
  if (!(await listNamespaces(namespace)).includes(namespace)) return [];
  try {
    return await listAddresses(namespace, device);
  } catch {
    return [];
  }
}

/** Default route and static routes whose next hop lies in a connected network. */
function reachableRoutes(spec: RouterSpec): readonly RouteSpec[] {
  const connected = [...spec.legs, ...(spec.gateway === null ? [] : [spec.gateway.leg])].flatMap((leg) =>
    leg.addresses.map(cidrOf),
  );
  const nexthop = spec.gateway?.nexthop;
  const all = [...(nexthop ? [{ destination: '0.0.0.0/0', nexthop }] : []), ...spec.routes];
  return all.filter((route) => connected.some((cidr) => contains(cidr, addressOf(route.nexthop))));
}

/** Connections through a floating IP that was taken away must end: their translation lives on in conntrack. */
async function forgetOldTranslations(
  namespace: string,
  before: readonly string[],
  floating: readonly string[],
): Promise<void> {
  const gone = before.filter((address) => address.endsWith('/32') && !floating.includes(address));
  for (const address of gone) {
    const plain = address.replace('/32', '');
    await runIn(namespace, ['conntrack', '-D', '--orig-dst', plain], { okCodes: 'any' });
    await runIn(namespace, ['conntrack', '-D', '--reply-dst', plain], { okCodes: 'any' });
  }
}

export async function removeRouter(names: NetworkNames, routerId: string): Promise<void> {
  await removeNamespace(names.routerNamespace(routerId));
}
