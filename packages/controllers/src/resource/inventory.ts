import type { Resource, ResourceKind } from '@matryoshka/domain';
import { type Cloud, isOpenStackError } from '@matryoshka/openstack';
import { errorMessage, type Logger } from '@matryoshka/system';
import { periodically } from '../periodically.ts';
import { balancersOf, clusterKey, type Owners, snapshotsOf, volumesOf } from './recognise.ts';

/** Where the inventory is kept for kaas-api, which never asks the cloud. */
export interface InventoryStore {
  /** Also those that are gone. */
  clusters(): Promise<readonly { readonly id: string; readonly projectId: string; readonly deleted: boolean }[]>;
  /** The resources of these kinds become exactly these. */
  replace(kinds: readonly ResourceKind[], resources: readonly Resource[]): Promise<void>;
  /** What clusters that are gone left of these kinds becomes exactly this. */
  replaceLeftovers(kinds: readonly ResourceKind[], resources: readonly Resource[]): Promise<void>;
  /** Leftovers that shall go. */
  removals(): Promise<readonly { readonly kind: ResourceKind; readonly id: string }[]>;
  /** Why it could not be removed; null: it was told to go. */
  noteRemoval(what: { readonly kind: ResourceKind; readonly id: string }, error: string | null): Promise<void>;
  /** Leftovers that shall belong to a cluster that lives, in the same project. */
  adoptions(): Promise<readonly { readonly kind: ResourceKind; readonly id: string; readonly clusterId: string }[]>;
  /** Why its new cluster does not have it; null: it was given. */
  noteAdoption(what: { readonly kind: ResourceKind; readonly id: string }, error: string | null): Promise<void>;
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
  const clusters = await store.clusters();
  const owners: Owners = new Map(clusters.map(({ id, projectId }) => [id, projectId]));
  const gone = new Set(clusters.filter(({ deleted }) => deleted).map(({ id }) => id));
  const leftovers: Resource[] = [];
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
    const { live = [], left = [] } = Object.groupBy(found, ({ clusterId }) => (gone.has(clusterId) ? 'left' : 'live'));
    await store.replace(kinds, live);
    await store.replaceLeftovers(kinds, left);
    leftovers.push(...left);
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
  await eachFound(await store.removals(), leftovers, {
    work: async ({ kind, id, clusterId }) => {
      await removals[kind](cloud, id, signal);
      log.info({ kind, id, clusterId }, 'a leftover was told to go');
    },
    note: async (what, error) => await store.noteRemoval(what, error),
    signal,
  });
  await eachFound(await store.adoptions(), leftovers, {
    work: async ({ kind, id, clusterId, projectId }, what) => {
      const owned = adoptable(kind) ? cloud.cinder.metadataOf(kind) : undefined;
      if (owned === undefined || owners.get(what.clusterId) !== projectId)
        throw new Error(`a ${kind} of ${clusterId} cannot become one of ${what.clusterId}`);
      await owned.merge(id, { [clusterKey]: what.clusterId }, signal);
      log.info({ kind, id, from: clusterId, to: what.clusterId }, 'a leftover was given to another cluster');
    },
    note: async (what, error) => await store.noteAdoption(what, error),
    signal,
  });
}

const adoptable = (kind: ResourceKind): kind is 'volume' | 'volume-snapshot' =>
  kind === 'volume' || kind === 'volume-snapshot';

type Named = Pick<Resource, 'kind' | 'id'>;

/** Works on what is asked for and was recognised a moment ago: whatever a row of the database says, nothing else is touched. */
async function eachFound<T extends Named>(
  wanted: readonly T[],
  leftovers: readonly Resource[],
  {
    work,
    note,
    signal,
  }: {
    readonly work: (found: Resource, what: T) => Promise<void>;
    readonly note: (what: T, error: string | null) => Promise<void>;
    readonly signal: AbortSignal;
  },
): Promise<void> {
  for (const what of wanted) {
    const found = leftovers.find(({ kind, id }) => kind === what.kind && id === what.id);
    if (found === undefined) continue;
    try {
      await work(found, what);
      await note(what, null);
    } catch (error) {
      if (signal.aborted) throw error;
      await note(what, errorMessage(error));
    }
  }
}

const removals: Readonly<Record<ResourceKind, (cloud: Cloud, id: string, signal: AbortSignal) => Promise<unknown>>> = {
  'load-balancer': async (cloud, id, signal) => await cloud.octavia.loadBalancers.deleteCascade(id, signal),
  'floating-ip': async (cloud, id, signal) => await cloud.neutron.floatingIps.delete(id, signal),
  volume: async (cloud, id, signal) => await cloud.cinder.volumes.delete(id, signal),
  'volume-snapshot': async (cloud, id, signal) => await cloud.cinder.snapshots.delete(id, signal),
};

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
