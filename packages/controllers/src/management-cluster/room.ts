import type { Capacity } from '@matryoshka/domain';
import type { KubeObject } from '@matryoshka/kube';
import { conditionsOf } from '../cluster/read.ts';
import { type Quantities, quantity, requestOf } from '../requests.ts';

interface Node extends KubeObject {
  readonly spec?: { readonly unschedulable?: boolean; readonly taints?: readonly { readonly effect: string }[] };
  readonly status?: { readonly allocatable?: Quantities };
}

/** Whether new pods may go to a node: ready, not cordoned, without a taint that keeps them off. */
export function isUsable(node: KubeObject): boolean {
  const { spec } = node as Node;
  const isReady = conditionsOf(node).some(({ type, status }) => type === 'Ready' && status === 'True');
  const isTainted = spec?.taints?.some(({ effect }) => effect === 'NoSchedule' || effect === 'NoExecute') ?? false;
  return isReady && spec?.unschedulable !== true && !isTainted;
}

/** What the usable nodes offer to pods together. */
export function capacityOf(nodes: readonly KubeObject[]): Capacity {
  const usable = (nodes as readonly Node[]).filter(isUsable).map(({ status }) => status?.allocatable ?? {});
  return {
    cpuMillis: Math.floor(sum(usable, 'cpu') * 1000),
    memoryMib: Math.floor(sum(usable, 'memory') / 2 ** 20),
    pods: Math.floor(sum(usable, 'pods')),
  };
}

/** Namespaces of customers' clusters are named by their ids; what is in them was placed, and is counted by that. */
const isOfCustomer = ({ metadata: { namespace = '' } }: KubeObject): boolean => /^c-[a-z0-9]{10}$/.test(namespace);

/** What the other pods have asked for. */
export function reservedBy(pods: readonly KubeObject[]): Capacity {
  const others = pods.filter((pod) => !isOfCustomer(pod));
  const total = (name: string): number => others.reduce((all, pod) => all + requestOf(pod, name), 0);
  return {
    cpuMillis: Math.ceil(total('cpu') * 1000),
    memoryMib: Math.ceil(total('memory') / 2 ** 20),
    pods: others.length,
  };
}

const sum = (all: readonly Quantities[], name: string): number =>
  all.reduce((total, quantities) => total + quantity(quantities, name), 0);
