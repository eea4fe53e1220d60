import { allocate, freeMac } from './allocation.ts';
import type { NeutronCore } from './core.ts';
import { owners, type PortRow } from './rows.ts';

/** Removes a port and what hung on it: floating IPs lose their association, as in Neutron. Inside a transaction of the caller. */
export function removePort(core: NeutronCore, portId: string): void {
  for (const fip of core.floatingIps.list())
    if (fip.port_id === portId)
      core.floatingIps.update(fip.id, { port_id: null, fixed_ip_address: null, router_id: null });
  core.ports.remove(portId);
}

/** A port that belongs to the network service itself: unfiltered, without security groups. */
export function insertServicePort(
  core: NeutronCore,
  fields: Pick<PortRow, 'project_id' | 'network_id' | 'device_id' | 'device_owner' | 'fixed_ips'> &
    Partial<Pick<PortRow, 'name' | 'mac_address' | 'security_groups'>>,
): PortRow {
  return core.ports.insert({
    mac_address: freeMac(core.ports.list(), fields.network_id),
    security_groups: [],
    allowed_address_pairs: [],
    port_security_enabled: false,
    admin_state_up: true,
    status: 'ACTIVE',
    host_id: 'localhost',
    vnic_type: 'normal',
    made_for_server: false,
    ...fields,
  });
}

/** Gives a network with DHCP its DHCP port with one address per such subnet, and takes it away where no subnet wants it. Repeatable. */
export function ensureDhcpPort(core: NeutronCore, networkId: string): void {
  const network = core.networks.get(networkId);
  const subnets = core.subnets.list().filter((row) => row.network_id === networkId && row.enable_dhcp);
  const port = core.ports.list().find((row) => row.network_id === networkId && row.device_owner === owners.dhcp);
  if (network === undefined || network.external || subnets.length === 0) {
    if (port !== undefined) core.ports.remove(port.id);
    return;
  }
  const kept = (port?.fixed_ips ?? []).filter((fixed) => subnets.some((row) => row.id === fixed.subnet_id));
  const missing = subnets.filter((row) => !kept.some((fixed) => fixed.subnet_id === row.id));
  if (port !== undefined && missing.length === 0 && kept.length === port.fixed_ips.length) return;
  const fixedIps = [
    ...kept,
    ...allocate(
      core,
      networkId,
      missing.map((row) => ({ subnet_id: row.id })),
      port?.id,
    ),
  ];
  if (port !== undefined) core.ports.update(port.id, { fixed_ips: fixedIps });
  else
    insertServicePort(core, {
      project_id: network.project_id,
      network_id: networkId,
      device_id: `dhcp-${networkId}`,
      device_owner: owners.dhcp,
      fixed_ips: fixedIps,
    });
}
