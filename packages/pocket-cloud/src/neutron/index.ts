import type { PocketCloudConfig, PocketCloudPaths } from '../config.ts';
import type { NetworkEngineConfig } from '../engine/network/index.ts';
import { named } from '../faults/index.ts';
import { neutronError } from '../http/index.ts';
import { adminProjectId } from '../keystone/index.ts';
import type { ServerNetworking } from '../nova/index.ts';
import type { VipNetworking } from '../octavia/index.ts';
import type { Service, ServiceContext } from '../service.ts';
import { bootstrapNetworks } from './bootstrap.ts';
import { createNetworkController } from './controller.ts';
import { createCore } from './core.ts';
import { extensionRoutes } from './extensions.ts';
import { floatingIpRoutes } from './floating-ips.ts';
import { hostRoutes } from './host-routes.ts';
import { networkRoutes } from './networks.ts';
import { portRoutes } from './ports.ts';
import { quotaRoutes } from './quotas.ts';
import { withRevisions } from './revisions.ts';
import { routerInterfaceRoutes } from './router-interfaces.ts';
import { routerRoutes } from './routers.ts';
import { securityGroupRuleRoutes } from './security-group-rules.ts';
import { securityGroupRoutes } from './security-groups.ts';
import { createServerNetworking } from './server-networking.ts';
import { networkState } from './state.ts';
import { subnetPoolRoutes } from './subnet-pools.ts';
import { subnetRoutes } from './subnets.ts';
import { tagRoutes } from './tags.ts';
import { versionRoutes } from './versions.ts';
import { createVipNetworking } from './vip-networking.ts';

export { migrations } from './migrations.ts';

/** Where the data plane of one cloud lives. */
export function networkEngineConfig(config: PocketCloudConfig, paths: PocketCloudPaths): NetworkEngineConfig {
  return {
    prefix: config.prefix,
    address: config.address,
    cidr: config.cidr,
    directory: paths.networks,
    metadataSocket: paths.metadataSocket,
  };
}

export interface Neutron {
  readonly service: Service;
  /** For Nova. */
  readonly servers: ServerNetworking;
  /** For Octavia. */
  readonly vips: VipNetworking;
}

/** Networking API v2.0: https://docs.openstack.org/api-ref/network/v2/ A change is answered when its row stands; the kernel follows. */
export function createNeutron({ config, paths, store, log, faults }: ServiceContext): Neutron {
  const controller = createNetworkController(networkEngineConfig(config, paths), log.child({ part: 'network' }), () =>
    networkState(core, (name) => faults.meet('dhcp-lost', named(name)) !== undefined),
  );
  const core = createCore(store, config, { changed: controller.changed, failures: controller.failures });
  const service: Service = {
    name: 'neutron',
    errorBody: neutronError,
    routes: withRevisions(core, [
      ...versionRoutes,
      ...extensionRoutes,
      ...networkRoutes(core),
      ...subnetRoutes(core),
      ...subnetPoolRoutes(core),
      ...portRoutes(core),
      ...routerRoutes(core),
      ...routerInterfaceRoutes(core),
      ...floatingIpRoutes(core),
      ...securityGroupRoutes(core),
      ...securityGroupRuleRoutes(core),
      ...tagRoutes(core),
      ...quotaRoutes(core),
      ...hostRoutes(core),
    ]),
    start: async () => {
      bootstrapNetworks(core, adminProjectId(store));
      await controller.start();
    },
    stop: controller.stop,
  };
  return { service, servers: createServerNetworking(core), vips: createVipNetworking(core) };
}
