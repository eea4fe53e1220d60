import type { KubeClient, KubeObject } from '@matryoshka/kube';
import {
  type ObservedManagementCluster,
  type Pool,
  registerManagementCluster,
  reportManagementCluster,
} from '@matryoshka/postgres';
import { errorMessage, type Logger, sleep, TypedError } from '@matryoshka/system';
import { periodically } from '../periodically.ts';
import { dataStoreApiVersion, type ObserveOptions, observeDataStore } from './data-store.ts';
import { capacityOf, isUsable, reservedBy } from './room.ts';

/**
 * Makes the management cluster of this controller known, so that control planes are placed in it; waits for the database. Throws TypedError
 * `other_region` when the installation has management clusters in another one: flavors, images and networks are those of one region.
 */
export async function joinFleet(
  pool: Pool,
  options: { readonly name: string; readonly region: string; readonly log: Logger; readonly signal: AbortSignal },
): Promise<void> {
  const { name, region, log, signal } = options;
  for (;;) {
    try {
      const [other] = await registerManagementCluster(pool, name, region);
      if (other === undefined) return;
      throw new TypedError(
        `the management clusters of this installation are in the region ${other}, ${name} is in ${region}`,
        {
          code: 'other_region',
          next: 'Install Matryoshka once for each region.',
        },
      );
    } catch (error) {
      signal.throwIfAborted();
      if (error instanceof TypedError) throw error;
      log.warn({ reason: errorMessage(error) }, 'the management cluster could not be made known');
      await sleep(1_000, signal);
    }
  }
}

/** Room and DataStores of a management cluster now. */
export async function observeManagementCluster(
  management: KubeClient,
  options: ObserveOptions,
): Promise<ObservedManagementCluster> {
  const { signal } = options;
  const list = async (query: {
    apiVersion: string;
    kind: string;
    fieldSelector?: string;
  }): Promise<readonly KubeObject[]> => (await management.list<KubeObject>(query, { signal })).items;
  const nodes = await list({ apiVersion: 'v1', kind: 'Node' });
  const pods = await list({
    ...{ apiVersion: 'v1', kind: 'Pod' },
    fieldSelector: 'status.phase!=Succeeded,status.phase!=Failed',
  });
  const stores = await list({ apiVersion: dataStoreApiVersion, kind: 'DataStore' });
  const dataStores = [];
  for (const store of stores) dataStores.push(await observeDataStore(management, store, options));
  return {
    nodes: nodes.filter(isUsable).length,
    capacity: capacityOf(nodes),
    reserved: reservedBy(pods),
    dataStores,
  };
}

/** Tells the placement of new control planes what room there is, until the signal aborts. */
export async function runObservation(
  { management, pool, name }: { readonly management: KubeClient; readonly pool: Pool; readonly name: string },
  options: ObserveOptions & { readonly intervalMs: number; readonly log: Logger },
): Promise<void> {
  const failure = 'the management cluster could not be looked at';
  await periodically({ ...options, retryMs: 10_000, failure }, async () => {
    await reportManagementCluster(pool, name, await observeManagementCluster(management, options));
  });
}
