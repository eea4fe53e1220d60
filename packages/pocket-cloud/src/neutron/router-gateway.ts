import { addressOf, cidrOf, contains, overlaps } from '../engine/network/index.ts';
import { badRequest, type Caller, conflict, isObject, optionalArray, optionalBoolean } from '../http/index.ts';
import { type AddressWish, allocate } from './allocation.ts';
import { type NeutronCore, onlyAdmin, visibleNetwork } from './core.ts';
import { insertServicePort } from './port-changes.ts';
import { wishes } from './ports.ts';
import type { View } from './query.ts';
import { owners, type PortRow, type RouterRow, type SubnetRow } from './rows.ts';

/** 400 in the words of neutron_lib's BadRequest. */
export const badRouter = (message: string): Error => badRequest(`Bad router request: ${message}.`, 'BadRequest');

/** Every port of a router: legs and gateway. */
export function portsOfRouter(core: NeutronCore, routerId: string): readonly PortRow[] {
  return core.ports
    .list()
    .filter(
      (port) =>
        port.device_id === routerId &&
        (port.device_owner === owners.routerInterface || port.device_owner === owners.routerGateway),
    );
}

export function gatewayPortOf(core: NeutronCore, routerId: string): PortRow | undefined {
  return portsOfRouter(core, routerId).find((port) => port.device_owner === owners.routerGateway);
}

/** What `external_gateway_info` of a request asks for; undefined = leave it, null = none. */
export interface GatewayWish {
  readonly networkId: string;
  readonly snat: boolean | undefined;
  readonly fixedIps: readonly AddressWish[] | undefined;
}

export function readGateway(
  core: NeutronCore,
  caller: Caller,
  action: 'create_router' | 'update_router',
  body: View,
): GatewayWish | null | undefined {
  const info = body.external_gateway_info;
  if (info === undefined) return undefined;
  if (info === null || (isObject(info) && Object.keys(info).length === 0)) return null;
  if (!isObject(info) || typeof info.network_id !== 'string')
    throw badRequest(
      `Invalid input for external_gateway_info. Reason: '${JSON.stringify(info)}' has no network_id.`,
      'HTTPBadRequest',
    );
  const snat = optionalBoolean(info, 'enable_snat');
  onlyAdmin(caller, snat !== undefined, action, 'external_gateway_info:enable_snat');
  const given = optionalArray(info, 'external_fixed_ips');
  onlyAdmin(caller, given !== undefined && given.length > 0, action, 'external_gateway_info:external_fixed_ips');
  const network = visibleNetwork(core, caller, info.network_id);
  if (!network.external) throw badRouter(`Network ${network.id} is not an external network`);
  const fixedIps = given === undefined || given.length === 0 ? undefined : wishes({ fixed_ips: given });
  const gateways = core.subnets.list().flatMap((row) => (row.network_id === network.id ? (row.gateway_ip ?? []) : []));
  for (const { ip_address } of fixedIps ?? [])
    if (ip_address !== undefined && gateways.includes(ip_address))
      throw badRouter(`External IP ${ip_address} is the same as the gateway IP`);
  return { networkId: network.id, snat, fixedIps };
}

/**
 * Gives a router the gateway of the wish; its port and addresses stay as they are where the wish does not differ. Inside a transaction.
 * Source: neutron/db/l3_db.py, `_update_router_gw_info`. Throws RouterExternalGatewayInUseByFloatingIp, BadRequest, IpAddress….
 */
export function setGateway(core: NeutronCore, router: RouterRow, wish: GatewayWish | null): RouterRow {
  const port = gatewayPortOf(core, router.id);
  if (port !== undefined && port.network_id !== wish?.networkId) {
    if (core.floatingIps.list().some((row) => row.router_id === router.id))
      throw conflict(
        `Gateway cannot be updated for router ${router.id}, since a gateway to external network ${port.network_id} is required by one or more floating IPs.`,
        'RouterExternalGatewayInUseByFloatingIp',
      );
    core.ports.remove(port.id);
  }
  if (wish === null) return core.routers.update(router.id, { external_gateway: null }) ?? router;
  if (port === undefined || port.network_id !== wish.networkId) {
    refuseOverlap(
      core,
      router.id,
      core.subnets.list().filter((row) => row.network_id === wish.networkId),
    );
    insertServicePort(core, {
      // As in Neutron, the port is nobody's: only an administrator sees it.
      project_id: '',
      network_id: wish.networkId,
      device_id: router.id,
      device_owner: owners.routerGateway,
      fixed_ips: allocate(core, wish.networkId, wish.fixedIps),
    });
  } else if (wish.fixedIps !== undefined)
    core.ports.update(port.id, { fixed_ips: allocate(core, wish.networkId, wish.fixedIps, port.id) });
  const snat = wish.snat ?? (router.external_gateway === null ? true : router.external_gateway.enable_snat);
  const external_gateway = { network_id: wish.networkId, enable_snat: snat };
  return core.routers.update(router.id, { external_gateway }) ?? router;
}

/** 400 when a router is to join a subnet twice, or two subnets whose addresses overlap. Source: `_check_for_dup_router_subnets`. */
export function refuseOverlap(core: NeutronCore, routerId: string, joining: readonly SubnetRow[]): void {
  const ports = portsOfRouter(core, routerId);
  for (const port of ports)
    for (const fixed of port.fixed_ips)
      if (joining.some((subnet) => subnet.id === fixed.subnet_id))
        throw badRouter(`Router already has a port on subnet ${fixed.subnet_id}`);
  const joined = core.subnets
    .list()
    .filter((subnet) =>
      ports.some((port) =>
        port.device_owner === owners.routerGateway
          ? port.network_id === subnet.network_id
          : port.fixed_ips.some((fixed) => fixed.subnet_id === subnet.id),
      ),
    );
  for (const old of joined)
    for (const next of joining)
      if (overlaps(cidrOf(old.cidr), cidrOf(next.cidr)))
        throw badRouter(`Cidr ${next.cidr} of subnet ${next.id} overlaps with cidr ${old.cidr} of subnet ${old.id}`);
}

/** Whether one of the router's subnets holds the address. */
export function isConnected(core: NeutronCore, routerId: string, address: string): boolean {
  return portsOfRouter(core, routerId).some((port) =>
    port.fixed_ips.some((fixed) => {
      const subnet = core.subnets.get(fixed.subnet_id);
      return subnet !== undefined && contains(cidrOf(subnet.cidr), addressOf(address));
    }),
  );
}
