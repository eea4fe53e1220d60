import { formatCidr, parseCidr } from '../engine/network/index.ts';
import { defaultPools } from './allocation.ts';
import type { NeutronCore } from './core.ts';
import { freeZone } from './networks.ts';

/** What exists in every cloud: the provider network "public" with the host as its gateway. An administrator may change it; it is made once. */
export function bootstrapNetworks(core: NeutronCore, projectId: string): void {
  if (core.networks.list().some((network) => network.external)) return;
  const { cidr: text, address } = core.config;
  const cidr = parseCidr(text);
  if (cidr === undefined) throw new Error(`not an IPv4 network: ${text}`);
  core.store.transaction(() => {
    const network = core.networks.insert({
      project_id: projectId,
      name: 'public',
      description: 'Provider network; floating IPs come from here',
      admin_state_up: true,
      shared: false,
      external: true,
      mtu: 1500,
      port_security_enabled: true,
      zone: freeZone(core),
    });
    core.subnets.insert({
      project_id: projectId,
      network_id: network.id,
      name: 'public-subnet',
      cidr: formatCidr(cidr),
      gateway_ip: address,
      enable_dhcp: false,
      dns_nameservers: [],
      host_routes: [],
      allocation_pools: defaultPools(formatCidr(cidr), address),
    });
  });
}
