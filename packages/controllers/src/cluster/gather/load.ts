import type {
  AutoscalerMemory,
  Cluster,
  FlavorSize,
  NodeRoom,
  NodeTaint,
  ObservedLoad,
  ObservedMachine,
  Pool,
  Resources,
  ScheduledPod,
} from '@matryoshka/domain';
import type { KubeClient, KubeObject } from '@matryoshka/kube';
import { type Quantities, quantity } from '../../requests.ts';
import { settingsOfPool } from '../node-settings.ts';
import { at, isTrue, listAt } from '../read.ts';
import { scheduledPod } from './load-pod.ts';
import { machineOf } from './nodes.ts';

/** What is known of pools from elsewhere. */
export interface AutoscalerFacts {
  readonly flavors: readonly FlavorSize[];
  readonly memory: Readonly<Record<string, AutoscalerMemory>>;
}

/** What the numbers of workers are decided upon: pods that have not ended, the room on nodes, and what new nodes would have. */
export async function gatherLoad(
  client: KubeClient,
  cluster: Cluster,
  {
    nodes,
    machines,
    facts,
  }: {
    readonly nodes: readonly KubeObject[];
    readonly machines: readonly ObservedMachine[];
    readonly facts: AutoscalerFacts;
  },
  signal: AbortSignal,
): Promise<ObservedLoad> {
  const running = 'status.phase!=Succeeded,status.phase!=Failed';
  const [found, budgets] = await Promise.all([
    client.list({ apiVersion: 'v1', kind: 'Pod', fieldSelector: running }, { signal }),
    client.list({ apiVersion: 'policy/v1', kind: 'PodDisruptionBudget' }, { signal }),
  ]);
  const spent = budgets.items.filter((budget) => at(budget, 'status', 'disruptionsAllowed') === 0);
  const pods = found.items.map((pod) => scheduledPod(pod, spent));
  const rooms = nodes.flatMap((node) => roomOf(node, machines) ?? []);
  const fresh = cluster.pools
    .filter(({ autoscaling }) => autoscaling !== null)
    .flatMap((pool) => {
      const room = freshRoom(pool, rooms, facts.flavors);
      return room === undefined ? [] : [[pool.name, withoutDaemons(room, rooms, pods)] as const];
    });
  return { nodes: rooms, pods, fresh: Object.fromEntries(fresh), memory: facts.memory };
}

/** What a node has while it starts, and loses by itself. */
const passing = [
  'node.kubernetes.io/not-ready',
  'node.kubernetes.io/network-unavailable',
  'node.cloudprovider.kubernetes.io/uninitialized',
];
const keepAnnotation = 'cluster-autoscaler.kubernetes.io/scale-down-disabled';

function roomOf(node: KubeObject, machines: readonly ObservedMachine[]): NodeRoom | undefined {
  const machine = machines.find(({ name }) => name === machineOf(node));
  if (machine === undefined) return undefined;
  const taints = listAt(node, 'spec', 'taints') as readonly Partial<NodeTaint>[];
  return {
    name: node.metadata.name,
    pool: machine.pool,
    allocatable: resourcesOf((at(node, 'status', 'allocatable') ?? {}) as Quantities),
    labels: node.metadata.labels ?? {},
    taints: taints
      .map(({ key = '', value = '', effect = '' }) => ({ key, value, effect }))
      .filter(({ key }) => !passing.includes(key)),
    open: !machine.deleting && isTrue(node, 'Ready') && at(node, 'spec', 'unschedulable') !== true,
    keep: node.metadata.annotations?.[keepAnnotation] === 'true',
  };
}

const resourcesOf = (quantities: Quantities): Resources => ({
  cpuMillis: Math.floor(quantity(quantities, 'cpu') * 1_000),
  memoryBytes: quantity(quantities, 'memory'),
  pods: quantity(quantities, 'pods'),
});

/** What kubelet keeps back of the memory of a flavor that no node tells of: its eviction threshold, and what the kernel takes. */
const keptBack = { share: 0.05, bytes: 100 * 2 ** 20 } as const;
const podsPerNode = 110;

/** A new worker is like one that the pool has; where it has none, like its flavor. */
function freshRoom(
  pool: Pool,
  rooms: readonly NodeRoom[],
  flavors: readonly FlavorSize[],
): Omit<NodeRoom, 'name'> | undefined {
  const settings = settingsOfPool(pool);
  const taints = settings.taints.map(({ key, value = '', effect }) => ({ key, value, effect }));
  const common = { pool: pool.name, taints, open: true, keep: false };
  const like = rooms.find(
    (room) => room.pool === pool.name && room.labels['node.kubernetes.io/instance-type'] === pool.flavor,
  );
  if (like !== undefined) {
    const { 'kubernetes.io/hostname': _, ...labels } = like.labels;
    return { ...common, allocatable: like.allocatable, labels: { ...labels, ...settings.labels } };
  }
  const flavor = flavors.find(({ name }) => name === pool.flavor);
  if (flavor === undefined) return undefined;
  const { 'topology.kubernetes.io/region': region, 'topology.kubernetes.io/zone': zone } = rooms[0]?.labels ?? {};
  return {
    ...common,
    allocatable: {
      cpuMillis: flavor.vcpus * 1_000,
      memoryBytes: flavor.ramMib * 2 ** 20 * (1 - keptBack.share) - keptBack.bytes,
      pods: podsPerNode,
    },
    labels: {
      'kubernetes.io/os': 'linux',
      'kubernetes.io/arch': 'amd64',
      'node.kubernetes.io/instance-type': pool.flavor,
      ...(region === undefined ? {} : { 'topology.kubernetes.io/region': region }),
      ...(zone === undefined ? {} : { 'topology.kubernetes.io/zone': zone }),
      ...settings.labels,
    },
  };
}

/** Less what runs on every node: as much as it is on the node where it is most; where there is no node, what our own add-ons ask for. */
function withoutDaemons(
  room: Omit<NodeRoom, 'name'>,
  rooms: readonly NodeRoom[],
  pods: readonly ScheduledPod[],
): Omit<NodeRoom, 'name'> {
  const onNodes = rooms.map(({ name }) => pods.filter(({ node, everywhere }) => node === name && everywhere));
  const most = (of: (needs: Resources) => number, own: number): number =>
    onNodes.length === 0
      ? own
      : Math.max(...onNodes.map((some) => some.reduce((sum, { needs }) => sum + of(needs), 0)));
  const { cpuMillis, memoryBytes, pods: count } = room.allocatable;
  return {
    ...room,
    allocatable: {
      cpuMillis: cpuMillis - most((needs) => needs.cpuMillis, 50),
      memoryBytes: memoryBytes - most((needs) => needs.memoryBytes, 128 * 2 ** 20),
      pods: count - most((needs) => needs.pods, 5),
    },
  };
}
