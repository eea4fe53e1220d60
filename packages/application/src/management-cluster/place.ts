import {
  type Capacity,
  type Cluster,
  controlPlaneReplicas,
  demandOf,
  type ManagementClusterRoom,
  type Place,
  placeControlPlane,
  type Tier,
} from '@matryoshka/domain';
import { KaasError } from '../errors.ts';
import type { WriteTransaction } from '../store.ts';

/**
 * Where a new control plane goes; nobody else takes that room until the end of the transaction. Throws `catalog_not_ready` before any
 * management cluster is known, and `no_capacity`.
 */
export async function choosePlace(tx: WriteTransaction, tier: Tier): Promise<Place> {
  const rooms = await tx.lockRooms();
  if (rooms.length === 0) throw new KaasError('catalog_not_ready', 'No management cluster is known yet.');
  const placement = placeControlPlane(rooms, tier);
  if ('place' in placement) return placement.place;
  throw noCapacity();
}

/** Refuses a higher tier for which there is no room where the control plane runs; a cordon is no reason. Throws `no_capacity`. */
export async function refuseWithoutRoom(tx: WriteTransaction, cluster: Cluster, tier: Tier): Promise<void> {
  if (controlPlaneReplicas(tier) <= controlPlaneReplicas(cluster.tier)) return;
  const rooms = (await tx.lockRooms()).filter(({ name }) => name === cluster.place.managementCluster);
  // As if it were to be placed anew, in its own DataStore; its rows are the database's, so others count with it.
  const without = rooms.map((room) => ({
    ...room,
    cordoned: false,
    reserved: withOthers(room, cluster.place.dataStore),
    dataStores: room.dataStores
      .filter(({ name }) => name === cluster.place.dataStore)
      .map((store) => ({
        ...store,
        tenants: { ...store.tenants, [cluster.tier]: Math.max(0, store.tenants[cluster.tier] - 1) },
      })),
  }));
  if ('refused' in placeControlPlane(without, tier)) throw noCapacity();
}

/** What others take of a management cluster, with the tenants of all DataStores but one among them. */
function withOthers({ reserved, dataStores }: ManagementClusterRoom, but: string): Capacity {
  const others = demandOf(dataStores.filter(({ name }) => name !== but).map(({ tenants }) => tenants));
  return {
    cpuMillis: reserved.cpuMillis + others.cpuMillis,
    memoryMib: reserved.memoryMib + others.memoryMib,
    pods: reserved.pods + others.pods,
  };
}

// Why is the provider's business: names and numbers of management clusters are in the fleet view.
const noCapacity = (): KaasError =>
  new KaasError('no_capacity', 'There is no room for another control plane at the moment.', {
    next: 'Ask the provider of this cloud; they see why: kaas fleet management-clusters.',
  });
