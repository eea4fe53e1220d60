import { htmlError, octaviaError } from '../http/index.ts';
import type { Service, ServiceContext } from '../service.ts';
import { createLoadBalancerController } from './load-balancer-controller.ts';
import type { VipNetworking } from './networking.ts';
import { octaviaRoutes } from './routes.ts';
import { versionRoutes } from './versions.ts';

export type { VipNetworking, VipPort, VipRequest } from './networking.ts';
export { migrations } from './rows.ts';

/** Load balancers: each a network namespace with a haproxy that holds the VIP. */
export function createOctavia(context: ServiceContext, networking: VipNetworking): Service {
  const controller = createLoadBalancerController(context, networking);
  return {
    name: 'octavia',
    errorBody: octaviaError,
    unknownPath: htmlError,
    routes: [...versionRoutes, ...octaviaRoutes(context, networking, controller)],
    start: controller.start,
    stop: controller.stop,
  };
}
