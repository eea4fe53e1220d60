import { novaError } from '../http/index.ts';
import type { ServerVolumes } from '../nova/index.ts';
import type { Service, ServiceContext } from '../service.ts';
import { attachmentRoutes } from './attachments.ts';
import { createVolumeController } from './controller.ts';
import { hostRoutes } from './host-routes.ts';
import { quotaRoutes } from './quotas.ts';
import { createServerVolumes } from './server-volumes.ts';
import { snapshotRoutes } from './snapshots.ts';
import { typeRoutes } from './types.ts';
import { microversionHeaders, versionRoutes } from './versions.ts';
import { volumeRoutes } from './volumes.ts';

export { migrations } from './migrations.ts';

export interface Cinder {
  readonly service: Service;
  /** What Nova uses of it. */
  readonly servers: ServerVolumes;
}

/** Block storage: sparse files that machines see through loop devices. Block Storage API v3: https://docs.openstack.org/api-ref/block-storage/v3/ */
export function createCinder(context: ServiceContext): Cinder {
  const { store } = context;
  const controller = createVolumeController(context);
  return {
    service: {
      name: 'cinder',
      errorBody: novaError,
      headers: { vary: 'OpenStack-API-Version' },
      requestIdHeaders: ['x-openstack-request-id', 'x-compute-request-id'],
      extraHeaders: microversionHeaders,
      routes: [
        ...versionRoutes,
        ...volumeRoutes({ store, controller }),
        ...snapshotRoutes({ store, controller }),
        ...typeRoutes(store),
        ...quotaRoutes(store),
        ...attachmentRoutes(store),
        ...hostRoutes(context),
      ],
      start: controller.start,
      stop: controller.stop,
    },
    servers: createServerVolumes(store, controller),
  };
}
