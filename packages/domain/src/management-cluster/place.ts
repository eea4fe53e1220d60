import { controlPlaneReplicas, type Tier } from '../cluster/model.ts';

/** What room is counted in. `null` where nothing is known, or nothing is limited. */
export interface Capacity {
  readonly cpuMillis: number;
  readonly memoryMib: number;
  readonly pods: number;
}

/** What control planes take: of the management cluster, and connections of the DataStore. */
export interface ControlPlaneDemand extends Capacity {
  readonly connections: number;
}

/** Connections that one replica of a control plane may open to its DataStore. */
export const connectionsPerReplica = 10;
// Idle but with their whole memory: kube-apiserver 305 MiB, controller manager 140, scheduler 110, kine and konnectivity the rest (measured;
// shared/design/components.md). Processor time is what pods share well, memory is not.
const replica: ControlPlaneDemand = { cpuMillis: 100, memoryMib: 700, pods: 1, connections: connectionsPerReplica };
/** Of the pods beside it: the controllers of load balancers and of volumes. */
const beside: Capacity = { cpuMillis: 50, memoryMib: 150, pods: 2 };

/** What the control plane of a cluster takes. */
export function controlPlaneDemand(tier: Tier): ControlPlaneDemand {
  const replicas = controlPlaneReplicas(tier);
  return {
    cpuMillis: beside.cpuMillis + replicas * replica.cpuMillis,
    memoryMib: beside.memoryMib + replicas * replica.memoryMib,
    pods: beside.pods + replicas * replica.pods,
    connections: replicas * replica.connections,
  };
}

/** Control planes by tier. */
export type Tenants = Readonly<Record<Tier, number>>;

export interface DataStoreRoom {
  readonly name: string;
  /** What its operator allows; null: no limit. */
  readonly maxTenants: number | null;
  readonly maxConnections: number | null;
  readonly maxBytes: number | null;
  readonly bytes: number | null;
  readonly tenants: Tenants;
}

export interface ManagementClusterRoom {
  readonly name: string;
  readonly cordoned: boolean;
  /** Whether its controller was heard of lately. */
  readonly fresh: boolean;
  /** Usable ones. */
  readonly nodes: number;
  readonly capacity: Capacity | null;
  /** By others than control planes of customers. */
  readonly reserved: Capacity;
  /** Empty: not known yet. */
  readonly dataStores: readonly DataStoreRoom[];
}

export interface Place {
  readonly managementCluster: string;
  readonly dataStore: string;
}

export type Placement =
  | { readonly place: Place }
  | { readonly refused: readonly { readonly managementCluster: string; readonly why: string }[] };

/** The DataStore that every installation begins with. */
const firstDataStore = 'default';

const count = ({ standard, ha }: Tenants): number => standard + ha;

/** What the tenants of a DataStore, or of several, take. */
export function demandOf(tenants: readonly Tenants[]): ControlPlaneDemand {
  const [standard, ha] = [controlPlaneDemand('standard'), controlPlaneDemand('ha')];
  const total = { cpuMillis: 0, memoryMib: 0, pods: 0, connections: 0 };
  for (const tenant of tenants)
    for (const member of ['cpuMillis', 'memoryMib', 'pods', 'connections'] as const)
      total[member] += tenant.standard * standard[member] + tenant.ha * ha[member];
  return total;
}

/**
 * Where a new control plane goes: into the management cluster that is least full afterwards, and there into the DataStore that is least full
 * afterwards. Cordoned ones take none, and none whose budget would be exceeded. Those that were heard of lately go first, and for `ha` those
 * with two usable nodes. When none has room, why each has none.
 */
export function placeControlPlane(rooms: readonly ManagementClusterRoom[], tier: Tier): Placement {
  const judged = rooms.map((room) => ({ room, verdict: judge(room, tier) }));
  const [best] = judged
    .flatMap(({ room, verdict }) => ('why' in verdict ? [] : [{ room, ...verdict }]))
    .toSorted(
      (a, b) =>
        rank(a.room, tier) - rank(b.room, tier) || a.fullness - b.fullness || (a.room.name < b.room.name ? -1 : 1),
    );
  if (best !== undefined) return { place: { managementCluster: best.room.name, dataStore: best.dataStore } };
  return {
    refused: judged.flatMap(({ room: { name }, verdict }) =>
      'why' in verdict ? [{ managementCluster: name, why: verdict.why }] : [],
    ),
  };
}

const rank = ({ fresh, nodes }: ManagementClusterRoom, tier: Tier): number =>
  (fresh ? 0 : 2) + (tier === 'ha' && nodes === 1 ? 1 : 0);

type Verdict = { readonly dataStore: string; readonly fullness: number } | { readonly why: string };

function judge(room: ManagementClusterRoom, tier: Tier): Verdict {
  if (room.cordoned) return { why: 'is cordoned' };
  const demand = controlPlaneDemand(tier);
  const taken = demandOf(room.dataStores.map(({ tenants }) => tenants));
  let fullness = 0;
  for (const [member, word] of capacityWords) {
    if (room.capacity === null) continue;
    const wanted = room.reserved[member] + taken[member] + demand[member];
    if (wanted > room.capacity[member]) return { why: `has no ${word} left` };
    fullness = Math.max(fullness, wanted / room.capacity[member]);
  }
  const stores = room.dataStores.map((store) => ({ store, share: shareAfter(store, tier) }));
  const [least] = stores.filter(({ share }) => share <= 1).toSorted((a, b) => a.share - b.share);
  if (least !== undefined) return { dataStore: least.store.name, fullness: Math.max(fullness, least.share) };
  if (stores.length === 0) return { dataStore: firstDataStore, fullness };
  return { why: `has no DataStore with room (${stores.map(({ store }) => whyFull(store, tier)).join('; ')})` };
}

const capacityWords = [
  ['cpuMillis', 'processor time'],
  ['memoryMib', 'memory'],
  ['pods', 'room for pods'],
] as const;

/** Nobody knows how large a tenant will be: a store that has reached its size takes no more. */
const isOverSize = ({ maxBytes, bytes }: DataStoreRoom): boolean => maxBytes !== null && (bytes ?? 0) >= maxBytes;

/** What its tenants may need, with one more control plane. */
const connectionsAfter = ({ tenants }: DataStoreRoom, tier: Tier): number =>
  demandOf([tenants]).connections + controlPlaneDemand(tier).connections;

/** The fullest budget of a DataStore with one more control plane; above 1 it has no room. */
function shareAfter(store: DataStoreRoom, tier: Tier): number {
  if (isOverSize(store)) return Number.POSITIVE_INFINITY;
  const { maxTenants, maxConnections, maxBytes, bytes, tenants } = store;
  const share = (wanted: number, most: number | null): number =>
    most === null ? 0 : most === 0 ? Number.POSITIVE_INFINITY : wanted / most;
  return Math.max(
    share(count(tenants) + 1, maxTenants),
    share(connectionsAfter(store, tier), maxConnections),
    share(bytes ?? 0, maxBytes),
  );
}

function whyFull(store: DataStoreRoom, tier: Tier): string {
  const { name, maxTenants, maxConnections, tenants } = store;
  if (isOverSize(store)) return `${name} has reached its size`;
  if (maxTenants !== null && count(tenants) + 1 > maxTenants)
    return `${name} has ${count(tenants)} of ${maxTenants} tenants`;
  return `${name} would need ${connectionsAfter(store, tier)} of ${maxConnections} connections`;
}
