import type { Resource, ResourceKind } from '@matryoshka/domain';
import { type Cloud, isOpenStackError } from '@matryoshka/openstack';
import type { Logger } from '@matryoshka/system';
import { periodically } from '../periodically.ts';
import { balancersOf, type Owners, snapshotsOf, volumesOf } from './recognise.ts';

/** Where the inventory is kept for kaas-api, which never asks the cloud. */
export interface InventoryStore {
  clusters(): Promise<readonly { readonly id: string; readonly projectId: string }[]>;
  /** The resources of these kinds become exactly these. */
  replace(kinds: readonly ResourceKind[], resources: readonly Resource[]): Promise<void>;
}

/**
 * Copies what the clusters' cloud controllers and volume controllers made from the cloud to the database. The cloud is asked for everything at
 * once, not cluster by cluster: the number of requests does not grow with the fleet. A service that does not answer leaves its part as it was.
 */
export async function syncInventory(
  cloud: Cloud,
  store: InventoryStore,
  options: { readonly log: Logger; readonly signal: AbortSignal },
): Promise<void> {
  const owners: Owners = new Map((await store.clusters()).map(({ id, projectId }) => [id, projectId]));
  const { signal, log } = options;
  const part = async (kinds: readonly ResourceKind[], look: () => Promise<readonly Resource[]>): Promise<void> => {
    let found: readonly Resource[];
    try {
      found = owners.size === 0 ? [] : await look();
    } catch (error) {
      if (signal.aborted) throw error;
      if (!isOpenStackError(error, 404)) {
        log.warn({ err: error, kinds }, 'resources could not be listed');
        return;
      }
      // The catalogue lacks the service.
      found = [];
    }
    await store.replace(kinds, found);
  };
  await part(['load-balancer', 'floating-ip'], async () => {
    const balancers = await cloud.octavia.loadBalancers.list({}, signal);
    const addresses = await cloud.neutron.floatingIps.list({}, signal);
    return balancersOf(owners, balancers, addresses);
  });
  const everybodys = { all_tenants: true };
  await part(['volume'], async () => volumesOf(owners, await cloud.cinder.volumes.list(everybodys, signal)));
  await part(['volume-snapshot'], async () =>
    snapshotsOf(owners, await cloud.cinder.snapshots.list(everybodys, signal)),
  );
}

/** Synchronises at once and then every interval until the signal aborts; a failure is logged and repeated. */
export async function runInventory(
  cloud: Cloud,
  store: InventoryStore,
  options: { readonly intervalMs: number; readonly log: Logger; readonly signal: AbortSignal },
): Promise<void> {
  const { intervalMs, log, signal } = options;
  await periodically(
    { intervalMs, retryMs: intervalMs, failure: 'the inventory could not be made', log, signal },
    async () => await syncInventory(cloud, store, options),
  );
}
